-- One at a time: creating the same table twice at the same moment fails.
SELECT pg_advisory_xact_lock(hashtext('cancels'));

-- A cancel to be done, and its state.
CREATE TABLE IF NOT EXISTS cancels (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The service. A worker takes only the jobs of its own.
    endpoint   text NOT NULL,
    publisher  text NOT NULL,
    offer      text NOT NULL,
    -- What another worker needs to resume, in JSON. It contains no token. As a text, so that the database can tell its
    -- length without reading it.
    checkpoint text,
    -- Grows each time a worker takes the job. Only the last of them may write: this is a fencing token.
    attempt    integer NOT NULL DEFAULT 0,
    -- No worker takes the job before this time. While a worker holds the job, this is when its lease expires.
    due        timestamptz NOT NULL DEFAULT now(),
    -- How it ended: a word of `Outcome::as_str` or of `ErrorKind::as_str`, and a remark for a person.
    ended      text,
    remark     text
);

CREATE INDEX IF NOT EXISTS cancels_due ON cancels (endpoint, due) WHERE ended IS NULL;

-- One open job per offer: the call cancels the whole offer, so two jobs would be two clients of it.
CREATE UNIQUE INDEX IF NOT EXISTS cancels_one_an_offer ON cancels (endpoint, publisher, offer) WHERE ended IS NULL;
