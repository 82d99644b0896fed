//! What must hold in every state. The [ledger](crate::testing::ledger) judges; here it is asked.

use super::world::{Phase, World};
use crate::machine::ExchangeId;
use crate::testing::ledger::{Ledger, Rule, Verdict, must};

/// What can be told of one state.
pub(super) fn check(world: &World) -> Verdict {
    let machine = &world.machine;
    match machine.result() {
        Some(Ok(outcome)) => world.ledger.check_truth(outcome, &world.truth())?,
        Some(Err(error)) => world.ledger.check_error(error)?,
        None => {}
    }
    check_bounds(world)?;
    // What can be read of the machine changes when it is told something.
    if matches!(world.phase, Phase::Told) {
        world.ledger.check_secrecy(machine)?;
    }
    check_late_answers(world)
}

fn check_bounds(world: &World) -> Verdict {
    let cx = &world.machine.conversation().cx;
    let (retries, attempts) = (&cx.retries, cx.asked.policy.attempts);
    must(Rule::Bounds, retries.gets <= attempts, || "more failures in a row than attempts".to_owned())?;
    // A checkpoint counts a POST that is in flight.
    must(Rule::Bounds, retries.posts <= attempts, || "more failed POSTs than attempts".to_owned())
}

/// An answer or a failure that comes late, or twice, is of an exchange that is not in flight.
fn check_late_answers(world: &World) -> Verdict {
    let id = match &world.phase {
        Phase::Told | Phase::Over => ExchangeId::from(1),
        Phase::Held(sent) | Phase::ToService(sent) | Phase::ToClient(sent, _) => {
            ExchangeId::from(u64::from(sent.id) - 1)
        }
    };
    let answer = r#"[{"id":"publish-a","submissionState":"canceled","status":"canceled"}]"#;
    let mut late = world.clone();
    Ledger::check_stale(
        std::rc::Rc::make_mut(&mut late.machine),
        world.machine.now(),
        id,
        &http::Response::new(answer.into()),
        super::world::print_of,
    )
}
