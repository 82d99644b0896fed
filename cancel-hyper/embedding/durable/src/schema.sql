-- One at a time: two that make the same table at once fail.
SELECT pg_advisory_xact_lock(hashtext('cancels'));

-- A cancel that is to be done, and where it stands.
CREATE TABLE IF NOT EXISTS cancels (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The service: a worker takes the jobs of its own.
    endpoint   text NOT NULL,
    publisher  text NOT NULL,
    offer      text NOT NULL,
    -- What another worker needs to go on. There is no token in it.
    checkpoint jsonb,
    -- Every worker that takes the job makes it one more. Only the last of them may write: it is the fence.
    attempt    integer NOT NULL DEFAULT 0,
    -- Nobody takes the job before. While a worker has it, this is how long it is believed to be alive.
    due        timestamptz NOT NULL DEFAULT now(),
    -- How it ended, in a word of `Outcome::as_str` or of `Error::kind`; and what a person should know of it.
    ended      text,
    remark     text
);

CREATE INDEX IF NOT EXISTS cancels_due ON cancels (endpoint, due) WHERE ended IS NULL;

-- The call is for the whole offer: two jobs for one would be two clients.
CREATE UNIQUE INDEX IF NOT EXISTS cancels_one_an_offer ON cancels (endpoint, publisher, offer) WHERE ended IS NULL;
