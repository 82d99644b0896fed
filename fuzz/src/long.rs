//! Long bodies in a few words of an input, and lists that differ from one answer to the next.
//!
//! A body is made of words when it begins with one of these:
//!
//! - `rows old*300=completed publish-a=running`: a list, of the rows that the offer has from now on
//! - `more publish-a=canceled publish-b=running -old-7`: these rows change; the list has all
//! - `replica publish-a=running -publish-b`: the same for this list only, as a replica answers that lags
//! - `repeat 200 {"details":[~{"code":"a"},~{}]}`: what stands between two `~` is repeated so often
//!
//! A row is `id=state`. `id*3=state` are the rows `id-0`, `id-1` and `id-2`, `id@128=state` and `id*3@128=state` have
//! ids of that length, and `id=state,type` has a `submissionType`. A row with a minus is taken out.

use serde_json::json;

use crate::input::number;

/// In all long bodies of an input, in bytes: it must be read within milliseconds.
const MOST: usize = 96 * 1024;
const MOST_ROWS: usize = 600;
const LONGEST_ID: usize = 200;

/// The long bodies of one input.
pub(crate) struct Bodies {
    rows: Vec<Row>,
    /// How many more bytes they may have.
    left: usize,
}

#[derive(Clone)]
struct Row {
    id: String,
    state: String,
    submission_type: Option<String>,
}

impl Bodies {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), left: MOST }
    }

    /// The body that these words stand for. `None` when they are none.
    pub(crate) fn of(&mut self, text: &str) -> Option<String> {
        let (word, rest) = text.split_once(' ')?;
        let mut list = match word {
            "rows" | "more" => std::mem::take(&mut self.rows),
            "replica" => self.rows.clone(),
            "repeat" => return self.repeated(rest),
            _ => return None,
        };
        if word == "rows" {
            list = rest.split(' ').flat_map(rows).collect();
        } else {
            rest.split(' ').for_each(|word| change(&mut list, word));
        }
        list.truncate(MOST_ROWS);
        let body = self.list(&list);
        if word != "replica" {
            self.rows = list;
        }
        Some(body)
    }

    fn list(&mut self, rows: &[Row]) -> String {
        let mut list = Vec::new();
        for row in rows.iter().map(Row::json) {
            let Some(left) = self.left.checked_sub(row.len()) else { break };
            self.left = left;
            list.push(row);
        }
        format!("[{}]", list.join(","))
    }

    fn repeated(&mut self, text: &str) -> Option<String> {
        let (count, text) = text.split_once(' ')?;
        let (before, text) = text.split_once('~')?;
        let (piece, after) = text.split_once('~')?;
        let count = (number(count) as usize).min(self.left / piece.len().max(1));
        self.left -= count * piece.len();
        Some([before, &piece.repeat(count), after].concat())
    }
}

impl Row {
    fn json(&self) -> String {
        let (id, state) = (json!(self.id), json!(self.state));
        match &self.submission_type {
            Some(kind) => format!(r#"{{"id":{id},"submissionState":{state},"submissionType":{}}}"#, json!(kind)),
            None => format!(r#"{{"id":{id},"submissionState":{state}}}"#),
        }
    }
}

/// Adds rows, gives those that are there another state, or takes them out.
fn change(list: &mut Vec<Row>, word: &str) {
    for row in rows(word.trim_start_matches('-')) {
        if word.starts_with('-') {
            list.retain(|known| known.id != row.id);
        } else if list.iter().any(|known| known.id == row.id) {
            let known = list.iter_mut().filter(|known| known.id == row.id);
            known.for_each(|known| known.state.clone_from(&row.state));
        } else {
            list.push(row);
        }
    }
}

/// The rows of a word.
fn rows(word: &str) -> Vec<Row> {
    let (name, said) = word.split_once('=').unwrap_or((word, "running"));
    let (state, submission_type) = match said.split_once(',') {
        Some((state, kind)) => (state, Some(kind.to_owned())),
        None => (said, None),
    };
    let (name, length) = name.split_once('@').map_or((name, 0), |(name, length)| (name, number(length) as usize));
    let (name, count) = name.split_once('*').map_or((name, None), |(name, count)| (name, Some(number(count) as usize)));
    let row = |suffix: String| {
        let filled = length.min(LONGEST_ID).saturating_sub(name.len() + suffix.len());
        let id = format!("{name}{}{suffix}", "x".repeat(filled));
        Row { id, state: state.to_owned(), submission_type: submission_type.clone() }
    };
    match count {
        _ if name.is_empty() => Vec::new(),
        None => vec![row(String::new())],
        Some(count) => (0..count.min(MOST_ROWS)).map(|number| row(format!("-{number}"))).collect(),
    }
}
