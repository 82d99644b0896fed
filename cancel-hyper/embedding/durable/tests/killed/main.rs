//! Workers that are killed, suspended and asked to stop. No job may be lost, and no POST sent twice.
//!
//! Run it with `with_postgres cargo test`.
#![allow(clippy::indexing_slicing, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::await_holding_lock,
    reason = "holding the portal's lock makes the service silent, and nothing here waits for that lock"
)]

mod crew;
mod rows;
mod speed;
mod stage;

use std::process::Stdio;
use std::time::Duration;

use cancel_core::testing::portal::{Call, CancelBehavior};

use crate::crew::Crew;
use crate::stage::{NEXT_PUBLISH, PUBLISH, Result, Stage};

/// A cancel that has taken effect when its 202 arrives.
const AT_ONCE: CancelBehavior = CancelBehavior::After(Duration::ZERO);
/// A cancel that takes effect after four seconds of real time.
const SLOWLY: CancelBehavior = CancelBehavior::After(Duration::from_secs(4000));
/// Shorter than a slow cancel, so that another worker takes the job meanwhile.
const LEASE: &str = "1500ms";

/// Every few milliseconds one of four workers is killed. Wherever that hits it, another worker resumes its jobs.
#[tokio::test]
async fn nothing_is_lost_and_nothing_is_posted_twice() -> Result<()> {
    let behaviors: Vec<_> = (0..60).map(|number| if number % 2 == 0 { AT_ONCE } else { SLOWLY }).collect();
    let stage = Stage::new("killed", &behaviors).await?;
    stage.add_jobs()?;
    stage.keep_history().await?;

    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut crew = Crew::new(&stage, 4, LEASE)?;
    let mut kills = crew.kill_while_one_posts().await?;
    while stage.count("ended IS NULL").await? > 0 {
        for _ in 0..random.below(40) {
            stage.publish_again()?;
            stage.pause(Duration::from_millis(2), "the queue becomes empty").await;
        }
        kills += match random.below(4) {
            0 => crew.kill_while_one_posts().await?,
            _ => crew.kill_one(random.below(4))?,
        };
    }
    drop(crew);

    let jobs = stage.jobs().await?;
    let (mut taken_again, mut in_doubt, mut posted_again) = (0, 0, 0);
    for (offer, behavior) in stage.offers.iter().zip(&behaviors) {
        let (attempts, ended) = &jobs[offer];
        assert_eq!(ended, "canceled, verified", "{offer}");
        stage.publish_again()?;
        let truth = [(PUBLISH.to_owned(), "canceled"), (NEXT_PUBLISH.to_owned(), "running")];
        assert_eq!(stage.truth(offer), truth, "{offer}");

        let calls = stage.calls(offer);
        let posts: Vec<_> = (0..calls.len()).filter(|index| calls[*index] == Some(Call::Cancel)).collect();
        let left_in_doubt = usize::try_from(stage.left_in_doubt(offer).await?)?;
        if *behavior == AT_ONCE {
            // The next worker's recheck finds the publish canceled, also when the answer to the POST was lost.
            assert_eq!(posts.len(), 1, "{offer}");
        }
        // Another POST needs one in doubt before it, and a recheck that shows the same publish running.
        assert!(posts.len() <= 1 + left_in_doubt, "{offer}: {posts:?}, {left_in_doubt}");
        assert!(posts.iter().all(|post| calls[..*post].contains(&Some(Call::List))), "{offer}: {calls:?}");
        taken_again += attempts - 1;
        in_doubt += left_in_doubt;
        posted_again += posts.len() - 1;
    }
    println!("{kills} kills, {taken_again} jobs taken again, {in_doubt} of them in doubt, {posted_again} posted again");
    assert!(taken_again > 0 && in_doubt > 0, "no kill hit a POST in flight");
    Ok(())
}

/// The worst kind of slowness: a worker is suspended just before it posts, and another one does the job meanwhile.
#[tokio::test]
async fn a_worker_whose_lease_has_expired_does_not_post() -> Result<()> {
    let stage = Stage::new("lease_expired", &[AT_ONCE]).await?;
    stage.add_jobs()?;
    let silent = stage.served.portal();
    let slow = stage.hire(LEASE)?;
    stage.until("it has begun", async |stage| Ok(stage.count("checkpoint IS NOT NULL").await? == 1)).await?;
    slow.signal("STOP")?;
    drop(silent);
    let other = stage.hire(LEASE)?.printed()?;
    assert_eq!(other, "contoso/offer-0: canceled\n");
    stage.publish_again()?;
    slow.signal("CONT")?;
    assert_eq!(slow.printed()?, "contoso/offer-0: taken away meanwhile\n");
    assert_eq!(stage.served.portal().posts(), 1);
    assert_eq!(stage.truth("offer-0")[1], (NEXT_PUBLISH.to_owned(), "running"));
    assert_eq!(stage.jobs().await?["offer-0"], (2, "canceled, verified".to_owned()));
    Ok(())
}

/// A person ends the job while a worker waits for the list.
#[tokio::test]
async fn a_job_that_a_person_has_ended_is_not_posted() -> Result<()> {
    let stage = Stage::new("ended_by_hand", &[AT_ONCE]).await?;
    stage.add_jobs()?;
    let silent = stage.served.portal();
    let worker = stage.hire("1h")?;
    stage.until("it has begun", async |stage| Ok(stage.count("checkpoint IS NOT NULL").await? == 1)).await?;
    stage.client.batch_execute("UPDATE cancels SET ended = 'stopped by hand'").await?;
    drop(silent);
    assert_eq!(worker.printed()?, "contoso/offer-0: taken away meanwhile\n");
    assert!(stage.program().arg("retry").stdout(Stdio::null()).status()?.success());
    assert_eq!((stage.served.portal().posts(), stage.count("ended = 'stopped by hand'").await?), (0, 1));
    Ok(())
}

/// What the run says is not said of the offer that the row has now.
#[tokio::test]
async fn a_job_that_a_person_has_renamed_is_taken_away() -> Result<()> {
    let stage = Stage::new("renamed", &[AT_ONCE, AT_ONCE]).await?;
    stage.add_jobs()?;
    stage.client.batch_execute("UPDATE cancels SET ended = 'later' WHERE offer = 'offer-1'").await?;
    let silent = stage.served.portal();
    let worker = stage.hire(LEASE)?;
    stage.until("it has begun", async |stage| Ok(stage.count("checkpoint IS NOT NULL").await? == 1)).await?;
    stage.client.batch_execute("UPDATE cancels SET offer = 'offer-1' WHERE ended IS NULL").await?;
    drop(silent);
    let printed = worker.printed()?;
    assert!(printed.starts_with("contoso/offer-0: taken away meanwhile\ncontoso/offer-1: "), "{printed}");
    assert!(printed.contains("the checkpoint asks for something else than the job"), "{printed}");
    assert_eq!(stage.served.portal().posts(), 0);
    Ok(())
}

/// A rejected token ends the worker, and leaves its jobs to others. A checkpoint that cannot be read ends the job, and
/// not the worker.
#[tokio::test]
async fn an_error_ends_the_worker_or_the_job_that_caused_it() -> Result<()> {
    let stage = Stage::new("errors", &[AT_ONCE, AT_ONCE]).await?;
    stage.add_jobs()?;
    let mut unauthorized = stage.program();
    let ended = unauthorized.args(["work", "--until-done"]).env("AZURE_TOKEN", "expired").output()?;
    let said = String::from_utf8(ended.stderr)?;
    assert!(said.starts_with("error: contoso/offer-") && said.contains("no further job was tried"), "{said}");
    assert!(!ended.status.success());
    assert_eq!(stage.count("ended IS NULL").await?, 2);

    stage.client.batch_execute("UPDATE cancels SET checkpoint = '{\"version\": 0}' WHERE offer = 'offer-0'").await?;
    stage.hire(LEASE)?.printed()?;
    assert_eq!(stage.count("ended = 'checkpoint' AND offer = 'offer-0'").await?, 1);
    assert_eq!(stage.count("ended = 'canceled' AND offer = 'offer-1'").await?, 1);

    stage.client.batch_execute("ALTER TABLE cancels RENAME COLUMN remark TO remarks").await?;
    stage.client.batch_execute("UPDATE cancels SET ended = NULL WHERE offer = 'offer-0'").await?;
    let mut work = stage.program();
    let said = String::from_utf8(work.args(["work", "--until-done"]).env("AZURE_TOKEN", "a").output()?.stderr)?;
    assert!(said.starts_with("error: the database: ") && said.contains("remark"), "{said}");
    stage.client.batch_execute("ALTER TABLE cancels RENAME COLUMN remarks TO remark").await?;

    // A person repairs the job.
    stage.client.batch_execute("UPDATE cancels SET checkpoint = NULL WHERE offer = 'offer-0'").await?;
    assert!(stage.program().arg("retry").stdout(Stdio::null()).status()?.success());
    assert_eq!(stage.hire(LEASE)?.printed()?, "contoso/offer-0: canceled\n");
    Ok(())
}

/// Several processes start at once on a new database.
#[tokio::test]
async fn many_processes_can_create_the_table_at_once() -> Result<()> {
    let stage = Stage::new("new_database", &[AT_ONCE]).await?;
    let add = || stage.program().args(["add", "--publisher", "contoso", "offer-0"]).stdout(Stdio::null()).spawn();
    for mut adding in (0..8).map(|_| add()).collect::<std::result::Result<Vec<_>, _>>()? {
        assert!(adding.wait()?.success());
    }
    assert_eq!(stage.count("true").await?, 1);
    Ok(())
}

/// No worker has to wait for the lease of one that was asked to stop.
#[tokio::test]
async fn a_worker_that_is_asked_to_stop_gives_its_jobs_back() -> Result<()> {
    let stage = Stage::new("asked_to_stop", &[SLOWLY]).await?;
    stage.add_jobs()?;
    let silent = stage.served.portal();
    let first = stage.hire("1h")?;
    stage.until("it has begun", async |stage| Ok(stage.count("checkpoint IS NOT NULL").await? == 1)).await?;
    first.signal("TERM")?;
    assert_eq!(first.printed()?, "");
    drop(silent);
    assert_eq!(stage.hire("1h")?.printed()?, "contoso/offer-0: canceled\n");
    assert_eq!(stage.jobs().await?["offer-0"], (2, "canceled, verified".to_owned()));
    Ok(())
}

/// Marsaglia's xorshift, with a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u8) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::from((self.0 >> 32) as u8 % end)
    }
}
