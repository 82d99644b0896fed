//! Every state that can be reached, in the order of how many events it takes: the first violation found is the
//! shortest.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeSet, VecDeque};

use super::event::Event;
use super::properties::check;
use super::setting::Setting;
use super::text::line;
use super::world::World;
use crate::error::{Error, ErrorKind};
use crate::machine::{Outcome, Until};
use crate::testing::ledger::{Rule, Violation};

/// What an exploration found, when every rule held.
#[derive(Debug, Clone)]
pub(super) struct Explored {
    pub(super) states: usize,
    pub(super) steps: usize,
    /// States in which it is over.
    pub(super) ends: usize,
    /// The length of the longest shortest path to a state.
    pub(super) depth: u32,
    /// Which phase the machine went to from which, crashes excluded.
    pub(super) phases: BTreeSet<(&'static str, &'static str)>,
}

/// A path to a state in which a rule is broken, one line per event.
#[derive(Debug)]
pub(super) struct Counterexample {
    pub(super) violation: Violation,
    pub(super) lines: Vec<String>,
}

/// How a state was reached first.
struct Node {
    parent: u32,
    event: Event,
    depth: u32,
    is_over: bool,
    /// It is over with an outcome.
    knows: bool,
    /// It may have posted, in a mode that finds out.
    must_know: bool,
}

struct Search<'a> {
    setting: &'a Setting,
    numbers: HashMap<u64, u32>,
    nodes: Vec<Node>,
    /// The fair steps, from state to state.
    fair: Vec<(u32, u32)>,
    steps: usize,
    phases: BTreeSet<(&'static str, &'static str)>,
}

/// Visits every state within the setting's budgets.
pub(super) fn explore(setting: &Setting) -> Result<Explored, Counterexample> {
    let mut search = Search {
        setting,
        numbers: HashMap::new(),
        nodes: Vec::new(),
        fair: Vec::new(),
        steps: 0,
        phases: BTreeSet::new(),
    };
    search.visit_all()?;
    search.check_ends()?;
    Ok(Explored {
        states: search.nodes.len(),
        steps: search.steps,
        ends: search.nodes.iter().filter(|node| node.is_over).count(),
        depth: search.nodes.iter().map(|node| node.depth).max().unwrap_or_default(),
        phases: search.phases,
    })
}

impl Search<'_> {
    fn visit_all(&mut self) -> Result<(), Counterexample> {
        let first = World::new(self.setting);
        self.numbers.insert(first.fingerprint(), 0);
        self.nodes.push(Node {
            parent: 0,
            event: Event::Step,
            depth: 0,
            is_over: false,
            knows: false,
            must_know: false,
        });
        let mut queue = VecDeque::from([(0, first)]);
        while let Some((number, world)) = queue.pop_front() {
            for event in world.events() {
                let mut next = world.clone();
                let held = next.happens(event, self.setting);
                self.steps += 1;
                let [from, to] = [&world, &next].map(|world| world.machine.progress().phase.as_str());
                if from != to && event != Event::Crash {
                    self.phases.insert((from, to));
                }
                held.map_err(|violation| self.counterexample(number, Some(event), violation))?;
                let (reached, is_new) = self.number(number, event, &next);
                // Where a cancel never ends and nothing else decides, only the deadline ends it.
                let endless = event == Event::DeadlinePasses && world.endless && self.setting.until == Until::Settled;
                if event.is_fair() || endless {
                    self.fair.push((number, reached));
                }
                if is_new {
                    let held = check(&next);
                    held.map_err(|violation| self.counterexample(reached, None, violation))?;
                    queue.push_back((reached, next));
                }
            }
        }
        Ok(())
    }

    fn number(&mut self, parent: u32, event: Event, world: &World) -> (u32, bool) {
        let number = u32::try_from(self.nodes.len()).unwrap();
        match self.numbers.entry(world.fingerprint()) {
            Entry::Occupied(known) => (*known.get(), false),
            Entry::Vacant(free) => {
                free.insert(number);
                let depth = self.nodes[parent as usize].depth + 1;
                let result = world.machine.result();
                self.nodes.push(Node {
                    parent,
                    event,
                    depth,
                    is_over: world.is_over(),
                    knows: world.is_over() && result.is_some_and(knows),
                    must_know: result.is_none() && world.ledger.must_know(),
                });
                (number, true)
            }
        }
    }

    /// Every state leads to an end by fair steps alone; and where a verified run may have posted, to one that knows
    /// what became of the baseline. The deadline is not a fair step: it would end anything.
    fn check_ends(&mut self) -> Result<(), Counterexample> {
        self.fair.sort_unstable_by_key(|(_, to)| *to);
        self.check_reach(|node| node.is_over, |_| true, Rule::Bounds, "from here on only the deadline ends it")?;
        let why = "from here on it never knows what became of the baseline";
        self.check_reach(|node| node.knows, |node| node.must_know, Rule::Liveness, why)
    }

    /// Follows the fair steps backwards from the ends.
    fn check_reach(
        &self,
        is_end: impl Fn(&Node) -> bool,
        must_end: impl Fn(&Node) -> bool,
        rule: Rule,
        why: &str,
    ) -> Result<(), Counterexample> {
        let mut ends: Vec<bool> = self.nodes.iter().map(is_end).collect();
        let mut queue: Vec<u32> = (0u32..).zip(&ends).filter(|(_, ends)| **ends).map(|(number, _)| number).collect();
        while let Some(number) = queue.pop() {
            let begin = self.fair.partition_point(|(_, to)| *to < number);
            for (from, _) in self.fair[begin..].iter().take_while(|(_, to)| *to == number) {
                if !std::mem::replace(&mut ends[*from as usize], true) {
                    queue.push(*from);
                }
            }
        }
        match (0u32..).zip(self.nodes.iter().zip(&ends)).find(|(_, (node, ends))| !**ends && must_end(node)) {
            Some((number, _)) => Err(self.counterexample(number, None, Violation { rule, why: why.to_owned() })),
            None => Ok(()),
        }
    }

    fn counterexample(&self, to: u32, last: Option<Event>, violation: Violation) -> Counterexample {
        let mut events: Vec<Event> = last.into_iter().collect();
        let mut number = to;
        while number != 0 {
            let node = &self.nodes[number as usize];
            events.push(node.event);
            number = node.parent;
        }
        let mut world = World::new(self.setting);
        let mut lines = Vec::new();
        for event in events.into_iter().rev() {
            let before = world.clone();
            // The violation is known already.
            let _ = world.happens(event, self.setting);
            lines.push(line(&before, event, &world));
        }
        Counterexample { violation, lines }
    }
}

/// Whether an end tells what became of the baseline, or is one that nothing but a person can mend.
fn knows(result: &Result<Outcome, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden),
    }
}

impl std::fmt::Display for Counterexample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            writeln!(f, "    {line}")?;
        }
        write!(f, "  breaks the rule {}", self.violation)
    }
}
