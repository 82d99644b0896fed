//! Rows that no worker of ours has written. Each ends the one job, and the worker does the others.

use std::process::Stdio;

use crate::stage::{PUBLISH, Result, Stage};
use crate::{AT_ONCE, LEASE};

/// What is wrong with the row of `offer-0`, how its job ends, and what its remark begins with.
const WRONG: [(&str, &str, &str); 8] = [
    ("attempt = 2147483647", "invalid_input", "its attempts are used up"),
    ("attempt = 2147483646", "invalid_input", "its attempts are used up"),
    ("due = 'infinity'", "invalid_input", "it is due too far in the future"),
    ("due = now() + interval '1000 years'", "invalid_input", "it is due too far in the future"),
    ("checkpoint = repeat('a', 200000000)", "invalid_input", "its checkpoint is too long"),
    ("offer = repeat('a', 200000000)", "invalid_input", ""),
    ("checkpoint = 'null'", "checkpoint", ""),
    ("offer = E'a\\n\\x1b[31m\\u202e'", "invalid_input", ""),
];

#[tokio::test]
async fn a_row_that_no_worker_can_do_ends_its_job_alone() -> Result<()> {
    let stage = Stage::new("wrong_rows", &[AT_ONCE]).await?;
    stage.add_jobs()?;
    // No index entry may be that long.
    stage.client.batch_execute("DROP INDEX cancels_one_an_offer").await?;
    for (wrong, word, remark) in WRONG {
        let change = format!(
            "DELETE FROM cancels; INSERT INTO cancels (endpoint, publisher, offer)
                SELECT '{0}', 'contoso', 'offer-0' FROM generate_series(1, 2);
            UPDATE cancels SET {wrong} WHERE id = (SELECT min(id) FROM cancels)",
            stage.served.endpoint()
        );
        stage.client.batch_execute(&change).await?;
        let printed = stage.hire(LEASE)?.printed()?;
        assert_eq!(printed.lines().count(), 2, "{wrong}: {printed:?}");
        assert!(printed.len() < 1000, "{wrong}");
        assert!(printed.chars().all(|c| matches!(c, '\n' | ' '..='~' | '…')), "{wrong}: {printed:?}");
        let query = "SELECT concat_ws(': ', ended, remark) FROM cancels ORDER BY id";
        let rows = stage.client.query(query, &[]).await?;
        let [first, second] = [0, 1].map(|row| rows[row].get::<_, String>(0));
        assert!(first.starts_with(&format!("{word}: {remark}")), "{wrong}: {first:?}");
        assert!(!second.starts_with(word), "{wrong}: {second:?}");
    }
    Ok(())
}

/// The checkpoint of one offer in the row of another would cancel the first.
#[tokio::test]
async fn a_checkpoint_of_another_offer_is_not_resumed() -> Result<()> {
    let stage = Stage::new("other_offer", &[AT_ONCE, AT_ONCE]).await?;
    stage.add_jobs()?;
    let silent = stage.served.portal();
    let mut killed = stage.hire(LEASE)?;
    stage.until("both have begun", async |stage| Ok(stage.count("checkpoint IS NOT NULL").await? == 2)).await?;
    killed.kill()?;
    let swap = "UPDATE cancels SET checkpoint =
        (SELECT checkpoint FROM cancels AS victim WHERE victim.offer = 'offer-1') WHERE offer = 'offer-0';
        UPDATE cancels SET ended = 'canceled' WHERE offer = 'offer-1'";
    stage.client.batch_execute(swap).await?;
    let posts = silent.posts();
    drop(silent);
    stage.hire(LEASE)?.printed()?;
    assert_eq!(stage.count("ended = 'checkpoint' AND offer = 'offer-0'").await?, 1);
    assert_eq!(stage.served.portal().posts(), posts);
    assert_eq!(stage.truth("offer-1"), [(PUBLISH.to_owned(), "running")]);
    Ok(())
}

/// A longer lease would look like a row that is never due.
#[tokio::test]
async fn a_lease_is_bounded() -> Result<()> {
    let stage = Stage::new("long_lease", &[]).await?;
    for lease in ["25h", "1000years", "1ms"] {
        let mut work = stage.program();
        work.args(["work", "--until-done", "--lease", lease]).env("AZURE_TOKEN", "a").stderr(Stdio::null());
        assert!(!work.status()?.success(), "{lease}");
    }
    Ok(())
}
