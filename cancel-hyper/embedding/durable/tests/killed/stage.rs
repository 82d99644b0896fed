//! A test's own database and service, and the facts that a test checks of both.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use cancel_core::testing::portal::{Call, CancelBehavior, Offer, Portal, PublishOperation};
use cancel_hyper::portal::{Served, serve_at_speed};
use tokio_postgres::{Client, NoTls};

pub(crate) const TOKEN: &str = "a-token-of-the-simulated-portal";
/// What is in progress when the jobs are added.
pub(crate) const PUBLISH: &str = "publish";
/// The publish that is started as soon as the first is canceled.
pub(crate) const NEXT_PUBLISH: &str = "next-publish";
/// The longest that a test may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

pub(crate) struct Stage {
    pub(crate) served: Served,
    pub(crate) offers: Vec<String>,
    /// How the workers reach their database.
    pub(crate) database: String,
    pub(crate) client: Client,
    started: Instant,
}

impl Stage {
    /// An empty database of this name, and a portal with one offer per behavior. A second of the portal's time is a
    /// millisecond.
    pub(crate) async fn new(name: &str, cancels: &[CancelBehavior]) -> Result<Self> {
        let server = env::var("DATABASE_URL").map_err(|_| "run it by `with_postgres`: there is no DATABASE_URL")?;
        connect(&server).await?.batch_execute(&format!("CREATE DATABASE {name}")).await?;
        let database = format!("{server} dbname={name}");
        let mut portal = Portal::new();
        portal.accept_token(TOKEN, None);
        let mut offers = Vec::new();
        for (number, cancel) in cancels.iter().enumerate() {
            let offer = format!("offer-{number}");
            let publish = PublishOperation::new(PUBLISH);
            portal.add_offer(Offer::new("contoso", &offer).cancel(*cancel).operation(publish));
            offers.push(offer);
        }
        let client = connect(&database).await?;
        Ok(Self { served: serve_at_speed(portal, 1000)?, offers, database, client, started: Instant::now() })
    }

    /// Waits until the condition holds.
    pub(crate) async fn until(&self, what: &str, condition: impl AsyncFn(&Self) -> Result<bool>) -> Result<()> {
        while !condition(self).await? {
            self.pause(Duration::from_millis(2), what).await;
        }
        Ok(())
    }

    pub(crate) async fn pause(&self, pause: Duration, what: &str) {
        self.check_time(what);
        tokio::time::sleep(pause).await;
    }

    pub(crate) fn check_time(&self, what: &str) {
        assert!(self.started.elapsed() < PATIENCE, "this takes too long: {what}");
    }

    /// Starts the next publish of each offer whose first publish is canceled.
    pub(crate) fn publish_again(&self) -> Result<()> {
        let mut portal = self.served.portal();
        let now = self.served.now();
        for offer in &self.offers {
            if let [(_, "canceled")] = portal.truth("contoso", offer, now).as_slice() {
                portal.start_operation(now, "contoso", offer, PublishOperation::new(NEXT_PUBLISH))?;
            }
        }
        Ok(())
    }

    /// The true states of an offer's operations.
    pub(crate) fn truth(&self, offer: &str) -> Vec<(String, &'static str)> {
        self.served.portal().truth("contoso", offer, self.served.now())
    }

    /// The calls for an offer, in order.
    pub(crate) fn calls(&self, offer: &str) -> Vec<Option<Call>> {
        let of_offer = format!("/publishers/contoso/offers/{offer}/");
        let portal = self.served.portal();
        let calls = portal.calls().iter().filter(|call| call.path_and_query.contains(&of_offer));
        calls.map(|call| call.call).collect()
    }

    /// Keeps every state of every job in a table.
    pub(crate) async fn keep_history(&self) -> Result<()> {
        let history = "CREATE TABLE history AS SELECT * FROM cancels;
            ALTER TABLE history ADD at bigint GENERATED ALWAYS AS IDENTITY;
            CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN INSERT INTO history SELECT NEW.*; RETURN NEW; END';
            CREATE TRIGGER keep AFTER UPDATE ON cancels FOR EACH ROW EXECUTE FUNCTION keep()";
        Ok(self.client.batch_execute(history).await?)
    }

    /// How many of an offer's workers left it with a POST in doubt.
    pub(crate) async fn left_in_doubt(&self, offer: &str) -> Result<i64> {
        let last_states = "SELECT count(*) FROM (
                SELECT DISTINCT ON (attempt) checkpoint, ended FROM history WHERE offer = $1 ORDER BY attempt, at DESC
            ) AS last WHERE ended IS NULL AND checkpoint::json->>'posted' = 'maybe'";
        Ok(self.client.query_one(last_states, &[&offer]).await?.try_get(0)?)
    }

    /// The offers of the jobs, how often each was taken, and how it ended.
    pub(crate) async fn jobs(&self) -> Result<BTreeMap<String, (i32, String)>> {
        let jobs = "SELECT offer, attempt, concat_ws(', ', ended, remark) FROM cancels";
        let rows = self.client.query(jobs, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)))).collect()
    }

    /// How many jobs are in this state.
    pub(crate) async fn count(&self, state: &str) -> Result<i64> {
        Ok(self.client.query_one(&format!("SELECT count(*) FROM cancels WHERE {state}"), &[]).await?.try_get(0)?)
    }
}

async fn connect(database: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(database, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
