//! The queue: a table of PostgreSQL. It decides which worker may change a job. It knows nothing of HTTP.
//!
//! A worker holds a job by a lease, which it renews while it lives. When it dies, the lease expires, and the next
//! worker takes the job with a higher `attempt`. From then on the first worker's writes change no row. So a worker that
//! was only slow cannot overwrite what its successor has written, and notices before it posts.

use std::error::Error;
use std::fmt;
use std::iter::successors;
use std::time::{Duration, Instant};

use cancel_core::{CancelRequest, Checkpoint, Endpoint, ErrorKind};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls};

/// The longest lease. A longer one would look like a row that is never due.
pub(crate) const LONGEST_LEASE: Duration = Duration::from_secs(24 * 3600);
/// No worker of ours makes a row due later than this: `infinity`, for example. Twice the longest lease, so that no
/// correction of the database's clock ends a job in progress.
const FARTHEST_DUE: Duration = Duration::from_secs(2 * 24 * 3600);
/// How much of a name is read, in characters: one more than an ID may have. So a longer name is refused.
const LONGEST_NAME: i32 = 129;
/// A job that is still this worker's: nobody has taken it, ended it or renamed it meanwhile.
const OURS: &str = "id = $1 AND attempt = $2 AND ended IS NULL AND left(publisher, 129) = $3 AND left(offer, 129) = $4";

/// The jobs of one service.
pub(crate) struct Queue {
    client: Client,
    /// The service.
    endpoint: String,
    /// How long a worker keeps a job without renewing its lease.
    lease: Duration,
}

/// A job that this worker holds.
pub(crate) struct Job {
    id: i64,
    attempt: i32,
    pub(crate) publisher: String,
    pub(crate) offer: String,
    /// The checkpoint of the worker before.
    pub(crate) checkpoint: Option<String>,
    /// Why no worker can do this job.
    pub(crate) unusable: Option<&'static str>,
    /// The database's time since 1970: the clock that all workers share.
    pub(crate) now: Duration,
}

/// Why a job could not be changed.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// Another worker holds it, or a person has ended or renamed it.
    Lost,
    Failed(tokio_postgres::Error),
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("the job was taken away"),
            Self::Failed(error) => write!(f, "the database: {}", in_words(error)),
        }
    }
}

impl Error for NotWritten {}

/// With its sources: what the database says is in one.
pub(crate) fn in_words(error: &(dyn Error + 'static)) -> String {
    let texts: Vec<_> = successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    texts.join(": ")
}

impl From<tokio_postgres::Error> for NotWritten {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Failed(error)
    }
}

impl Queue {
    /// Connects. The connection breaks when the database is silent for as long as a lease.
    pub(crate) async fn open(
        database: &str,
        endpoint: &Endpoint,
        lease: Duration,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut config: Config = database.parse()?;
        let (client, connection) = config.tcp_user_timeout(lease).connect(NoTls).await?;
        // Its errors are ignored here: when it breaks, every query fails.
        tokio::spawn(connection);
        Ok(Self { client, endpoint: endpoint.to_string(), lease })
    }

    /// Creates the table, if there is none.
    pub(crate) async fn set_up(&self) -> Result<(), tokio_postgres::Error> {
        self.client.batch_execute(include_str!("schema.sql")).await
    }

    /// Adds a job, unless there is one for this offer that has not ended. Returns whether it did.
    pub(crate) async fn add(&self, request: &CancelRequest) -> Result<bool, tokio_postgres::Error> {
        let (publisher, offer) = (request.publisher().as_str(), request.offer().as_str());
        let add = "INSERT INTO cancels (endpoint, publisher, offer) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        Ok(self.client.execute(add, &[&self.endpoint, &publisher, &offer]).await? == 1)
    }

    /// Reopens the jobs that ended with an error, except those with a newer job for the same offer. Returns how many.
    pub(crate) async fn retry(&self) -> Result<u64, tokio_postgres::Error> {
        let words = "SELECT DISTINCT ended FROM cancels WHERE endpoint = $1 AND ended IS NOT NULL";
        let words = self.client.query(words, &[&self.endpoint]).await?;
        let words = words.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
        // Another word is an outcome, or a person's.
        let errors: Vec<_> = words.into_iter().filter(|word| word.parse::<ErrorKind>().is_ok()).collect();
        let retry = "UPDATE cancels SET ended = NULL, remark = NULL, due = now()
            WHERE endpoint = $1 AND ended = ANY ($2)
            AND id = (SELECT max(id) FROM cancels AS other WHERE other.endpoint = cancels.endpoint
                      AND other.publisher = cancels.publisher AND other.offer = cancels.offer)";
        self.client.execute(retry, &[&self.endpoint, &errors]).await
    }

    /// Takes the job that has waited longest. Two workers never take the same one, because each skips rows that another
    /// has locked.
    ///
    /// A row that no worker can do is taken too, so that it is ended. Otherwise it would stay open for ever.
    pub(crate) async fn take(&self) -> Result<Option<Job>, tokio_postgres::Error> {
        let take = "WITH next AS (
                SELECT id, due > now() + make_interval(secs => $3) AS far FROM cancels
                WHERE endpoint = $2 AND ended IS NULL AND (due <= now() OR due > now() + make_interval(secs => $3))
                ORDER BY due LIMIT 1 FOR UPDATE SKIP LOCKED)
            UPDATE cancels SET attempt = least(attempt, $4 - 1) + 1, due = now() + make_interval(secs => $1)
            FROM next WHERE cancels.id = next.id
            RETURNING cancels.id, attempt, left(publisher, $5), left(offer, $5), octet_length(checkpoint) > $6,
                CASE WHEN octet_length(checkpoint) <= $6 THEN checkpoint END, far,
                extract(epoch FROM now())::float8";
        let values: [&(dyn ToSql + Sync); 6] = [
            &self.lease.as_secs_f64(),
            &self.endpoint,
            &FARTHEST_DUE.as_secs_f64(),
            &i32::MAX,
            &LONGEST_NAME,
            &i32::try_from(Checkpoint::MAX_LEN).unwrap_or(i32::MAX),
        ];
        let Some(row) = self.client.query_opt(take, &values).await? else {
            return Ok(None);
        };
        let attempt = row.try_get(1)?;
        let unusable = if attempt == i32::MAX {
            Some("its attempts are used up")
        } else if row.try_get(6)? {
            Some("it is due too far in the future")
        } else if row.try_get::<_, Option<bool>>(4)?.unwrap_or(false) {
            Some("its checkpoint is too long")
        } else {
            None
        };
        Ok(Some(Job {
            id: row.try_get(0)?,
            attempt,
            publisher: row.try_get(2)?,
            offer: row.try_get(3)?,
            checkpoint: row.try_get(5)?,
            unusable,
            now: Duration::from_secs_f64(row.try_get(7)?),
        }))
    }

    /// Stores a job's checkpoint, and renews its lease. Once this has returned, the next worker resumes from it.
    pub(crate) async fn write(&self, job: &Job, checkpoint: &Checkpoint) -> Result<(), NotWritten> {
        let sent = Instant::now();
        let (checkpoint, lease) = (checkpoint.to_json(), self.lease.as_secs_f64());
        self.change(job, "checkpoint = $5, due = now() + make_interval(secs => $6)", &[&checkpoint, &lease]).await?;
        // A process that was suspended meanwhile may read this answer when its lease has expired.
        if sent.elapsed() < self.lease { Ok(()) } else { Err(NotWritten::Lost) }
    }

    /// Renews a job's lease until the job is lost.
    pub(crate) async fn keep_lease(&self, job: &Job) -> NotWritten {
        loop {
            tokio::time::sleep(self.lease / 3).await;
            let renewed =
                self.change(job, "due = now() + make_interval(secs => $5)", &[&self.lease.as_secs_f64()]).await;
            if let Err(lost) = renewed {
                return lost;
            }
        }
    }

    /// Ends the job. Its checkpoint stays for a later look at what happened.
    pub(crate) async fn end(&self, job: &Job, how: &str, remark: &str) -> Result<(), NotWritten> {
        self.change(job, "ended = $5, remark = $6", &[&how, &remark]).await
    }

    /// Gives the job back. It is due again after the pause.
    pub(crate) async fn put_back(&self, job: &Job, pause: Duration, remark: &str) -> Result<(), NotWritten> {
        let put_back = "due = now() + make_interval(secs => $5), remark = $6";
        self.change(job, put_back, &[&pause.as_secs_f64(), &remark]).await
    }

    /// Sets columns of a job. Its values begin with `$5`.
    async fn change(&self, job: &Job, set: &str, values: &[&(dyn ToSql + Sync)]) -> Result<(), NotWritten> {
        let job: [&(dyn ToSql + Sync); 4] = [&job.id, &job.attempt, &job.publisher, &job.offer];
        let values = [&job, values].concat();
        let changed = self.client.execute(&format!("UPDATE cancels SET {set} WHERE {OURS}"), &values).await?;
        // No row: it is not ours any more.
        if changed == 1 { Ok(()) } else { Err(NotWritten::Lost) }
    }

    /// How many jobs have not ended.
    pub(crate) async fn open_jobs(&self) -> Result<i64, tokio_postgres::Error> {
        let open = "SELECT count(*) FROM cancels WHERE endpoint = $1 AND ended IS NULL";
        self.client.query_one(open, &[&self.endpoint]).await?.try_get(0)
    }
}
