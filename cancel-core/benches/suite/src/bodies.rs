//! The measure `bodies`: what a byte of a hostile answer costs the machine, the redaction of the token included, and
//! that twice as many bytes cost twice as much. The inputs are the worst that were found.
//!
//! The floor is the least that can be done with a body: to check that it is JSON.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use cancel_core::{
    BearerToken, CancelRequest, Cancellation, Endpoint, OfferId, Operation, Policy, PublisherId, Step, Until,
};
use http::Response;
use serde::de::IgnoredAny;

use crate::callgrind::collected;
use crate::table::{Row, Unit};

/// After the name of a reader, and before that of the filling that costs it most.
pub const BY: &str = " (worst: ";
pub const WORST: &str = "worst of all";
pub const GROWTH: &str = "growth: a byte above 32 KiB by a byte below (worst of all)";

/// Before the name of a reader whose floor is meant.
const FLOOR: &str = "floor of ";

const KIB: usize = 1024;
const SIZES: [usize; 3] = [4 * KIB, 32 * KIB, 128 * KIB];

/// Who takes a body.
struct Reader {
    name: &'static str,
    takes: For,
    /// The start and the end of the body.
    around: (&'static str, &'static str),
    read: fn(Bytes),
}

/// What a body is filled with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// An array of anything.
    Values,
    /// The members of an error.
    Members,
    /// A list of submissions.
    Rows,
    /// The inside of a text.
    Text,
}

const OPERATION: (&str, &str) = (r#"{"status":"running","steps":["#, "]}");

const READERS: [Reader; 11] = [
    Reader { name: "a poll", takes: For::Values, around: OPERATION, read: |body| poll(&tokens(1), body) },
    Reader {
        name: "a poll, with eight tokens",
        takes: For::Values,
        around: OPERATION,
        read: |body| poll(&tokens(8), body),
    },
    Reader {
        name: "a poll, with a token of one letter",
        takes: For::Values,
        around: OPERATION,
        read: |body| poll(&["a".repeat(LENGTH)], body),
    },
    Reader {
        name: "a poll, with eight tokens that repeat themselves",
        takes: For::Values,
        around: OPERATION,
        read: |body| poll(&(0..8).map(repeating_token).collect::<Vec<_>>(), body),
    },
    Reader {
        name: "a status",
        takes: For::Text,
        around: (r#"{"status":""#, r#""}"#),
        read: |body| poll(&tokens(1), body),
    },
    Reader {
        name: "the list",
        takes: For::Rows,
        around: ("[", "]"),
        read: |body| converse(&tokens(1), Until::Verified, [Said(200, body)]),
    },
    Reader {
        name: "the list again",
        takes: For::Rows,
        around: ("[", "]"),
        read: |body| {
            converse(&tokens(1), Until::Verified, [Said(200, longest_baseline()), UNPROCESSED, Said(200, body)])
        },
    },
    Reader {
        name: "a location in a body",
        takes: For::Values,
        around: (r#"{"location":"/api/operations/a$b$2$preview","x":["#, "]}"),
        read: |body| converse(&tokens(1), Until::Settled, [Said(202, body)]),
    },
    Reader {
        name: "an error: details",
        takes: For::Values,
        around: (r#"{"error":{"code":"a","message":"b","details":["#, "]}}"),
        read: |body| converse(&tokens(1), Until::Settled, [Said(400, body)]),
    },
    Reader {
        name: "an error: members",
        takes: For::Members,
        around: (r#"{"error":{"#, "}}"),
        read: |body| converse(&tokens(1), Until::Settled, [Said(400, body)]),
    },
    Reader {
        name: "the codec: details",
        takes: For::Values,
        around: OPERATION,
        read: |body| drop(black_box(Operation::from_http(&Response::new(body)).expect("an operation").details())),
    },
];

/// What fills a body: a name, whom it is for, and the element that is repeated, with its number.
type Filling = (&'static str, For, fn(usize) -> String);

const FILLINGS: [Filling; 44] = [
    ("flat", For::Values, |_| r#"{"id":"live","status":"notStarted","progressPercentage":7}"#.to_owned()),
    ("nested", For::Values, |_| format!("{}7{}", r#"{"a":["#.repeat(25), "]}".repeat(25))),
    ("numbers", For::Values, |_| "7".to_owned()),
    ("escapes", For::Values, |_| {
        r#"{"id":"\u006cive","status":"not\/started","x":"\"\\\n\u00e4\ud83d\ude00"}"#.to_owned()
    }),
    ("names with escapes", For::Values, |_| format!("{{{}}}", [r#""\u0061":0"#; 200].join(","))),
    ("members without a name", For::Values, |_| format!("{{{}}}", [r#""":0"#; 254].join(","))),
    ("backslashes", For::Values, |_| format!(r#""{}""#, r"\\".repeat(500))),
    ("pieces of the token", For::Values, |number| format!(r#""{}""#, pieces(number, 20, 31))),
    ("pieces of the token and escapes", For::Values, |number| {
        format!(r#""%25252541\\u0041!{}""#, pieces(number, 20, 31))
    }),
    // Where escapes are undone, shorter pieces are looked for: of 27, 22 and 17 characters.
    ("pieces of 26 characters and escapes", For::Values, |number| {
        format!(r#""%25252541\\u0041!{}""#, pieces(number, 20, 26))
    }),
    ("pieces of 16 characters and escapes", For::Values, |number| {
        format!(r#""%25252541\\u0041!{}""#, pieces(number, 20, 16))
    }),
    ("percent signs and escapes", For::Values, |_| format!(r#""%25252541\\u0041!{}""#, "%".repeat(600))),
    ("quotes and escapes", For::Values, |_| format!(r#""%25252541\\u0041!{}""#, r#"\""#.repeat(300))),
    ("backslashes and escapes", For::Values, |_| format!(r#""%25252541\\u0041!{}""#, r"\\".repeat(300))),
    ("escaped percent signs", For::Values, |_| format!(r#""%25252541\\u0041!{}""#, "%25".repeat(200))),
    ("the token", For::Values, |number| format!(r#""{}""#, pieces(number, 20, 32))),
    ("runs of a letter", For::Values, |_| format!(r#""{}""#, ("a".repeat(31) + "!").repeat(20))),
    ("runs of a letter and escapes", For::Values, |_| {
        format!(r#""%25252541\\u0041!{}""#, ("a".repeat(31) + "!").repeat(20))
    }),
    ("a run of a letter", For::Values, |_| format!(r#""{}""#, "a".repeat(2000))),
    // At each place that is looked at, in the first of the steps of 29: "BHT3" has the hash of "aaaa".
    ("a gram with the hash of a letter's", For::Values, |_| {
        format!(r#""{}{}{}""#, "!".repeat(28), format!("BHT3{}", "!".repeat(25)).repeat(69), "!".repeat(27))
    }),
    ("parts of a unit and escapes", For::Values, |_| {
        let parts = (0..UNIT.len() - 16).map(|start| format!("{}!", &UNIT[start..start + 16]));
        format!(r#""%25252541\\u0041!{}""#, parts.collect::<String>())
    }),
    ("short runs of a letter and escapes", For::Values, |_| {
        format!(r#""%25252541\\u0041!{}""#, ("a".repeat(16) + "!").repeat(40))
    }),
    ("turns of a unit and escapes", For::Values, |_| {
        let turns = (0..UNIT.len()).map(|start| format!("{}{}!", &UNIT[start..], &UNIT[..start]));
        format!(r#""%25252541\\u0041!{}""#, turns.collect::<String>())
    }),
    ("rows that have ended", For::Rows, |number| row(&number.to_string(), "completed", "")),
    ("rows in progress, of one id", For::Rows, |_| row("0", "running", "")),
    ("rows in progress, of 64 ids", For::Rows, |number| row(&(number % 64).to_string(), "running", "")),
    ("rows in progress, of 64 long ids", For::Rows, |number| row(&long_id(number % 64), "running", "")),
    ("rows in progress, of a long id", For::Rows, |number| row(&long_id(number.min(63)), "running", "")),
    ("rows in progress, each another", For::Rows, |number| row(&number.to_string(), "running", "")),
    ("rows with escapes", For::Rows, |number| {
        row(&format!(r"\u003{}", number % 10), r"\u0072\u0075\u006e\u006e\u0069\u006e\u0067", "")
    }),
    ("definitions", For::Rows, |number| {
        row(&number.to_string(), "completed", r#","definition":{"a":[{"b":"c","d":[1,2,3]}]}"#)
    }),
    ("definitions with pieces of the token and escapes", For::Rows, |number| {
        let pieces = pieces(number, 20, 31);
        row(&number.to_string(), "completed", &format!(r#","definition":"%25252541\\\\u0041!{pieces}""#))
    }),
    ("a text", For::Text, |_| r"\u00e4\\x".to_owned()),
    ("pieces of the token", For::Text, |number| pieces(number, 1, 31)),
    ("arrays of numbers", For::Members, |_| r#""errors":[1,1,1,1,1,1,1,1]"#.to_owned()),
    ("arrays of floats", For::Members, |_| r#""errors":[1e3,1e3,1e3,1e3,1e3,1e3,1e3,1e3]"#.to_owned()),
    ("arrays within arrays", For::Members, |_| format!(r#""errors":[{}]"#, ["[[1]]"; 8].join(","))),
    ("texts with escapes", For::Members, |_| format!(r#""errors":[{}]"#, [r#""\u0041""#; 8].join(","))),
    ("codes", For::Members, |_| r#""code":"a""#.to_owned()),
    ("messages", For::Members, |_| r#""message":"a""#.to_owned()),
    ("short words", For::Members, |_| format!(r#""message":"{}""#, "a ".repeat(520))),
    ("numbers", For::Members, |_| r#""message":1e308"#.to_owned()),
    ("errors", For::Members, |_| r#""error":"a""#.to_owned()),
    ("errors within errors", For::Members, |_| r#""error":{"error":{"errors":[{"code":"a"}]}}"#.to_owned()),
];

fn row(id: &str, state: &str, rest: &str) -> String {
    format!(r#"{{"id":"{id}","submissionState":"{state}"{rest}}}"#)
}

/// An id as long as an id can be. All begin alike.
fn long_id(number: usize) -> String {
    format!("{number:0128}")
}

fn longest_baseline() -> Bytes {
    let rows: Vec<_> = (0..64).map(|number| row(&long_id(number), "running", "")).collect();
    format!("[{}]", rows.join(",")).into()
}

/// Pieces of the token, so many and of this length. One of 31 characters is one too short to be redacted.
fn pieces(number: usize, count: usize, length: usize) -> String {
    let token = token(0);
    let starts = (number * count..).map(|piece| piece * 37 % COMMON).take(count);
    starts.map(|start| format!("{}!", &token[start..start + length])).collect()
}

/// The length of a token of Microsoft Entra ID, and how many characters those of one issuer have in common.
const LENGTH: usize = 1500;
const COMMON: usize = 1150;

fn tokens(count: u64) -> Vec<String> {
    (0..count).map(token).collect()
}

fn token(number: u64) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut seed = 1;
    let characters = (0..LENGTH).map(|place| {
        if place == COMMON {
            seed += number;
        }
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        char::from(ALPHABET[(seed >> 58) as usize])
    });
    characters.collect()
}

/// What repeats itself is one character shorter than what is redacted.
const UNIT: &str = "abcdefghijklmnopqrstuvwxyz01234";

/// A token that also has a run of a letter.
fn repeating_token(number: u64) -> String {
    let token = token(number);
    let (begin, end) = token.split_at(COMMON / 2);
    format!("{begin}{}{}{end}", UNIT.repeat(12), "a".repeat(300))
}

pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let (mut steepest, mut most) = (1.0_f64, 0.0_f64);
    for reader in &READERS {
        let fitting = FILLINGS.iter().filter(|(_, fits, _)| *fits == reader.takes);
        let reader = reader.name;
        let costs = fitting.map(|(filling, ..)| {
            let costs = SIZES.map(|size| cost(reader, filling, size));
            steepest = steepest.max(slope(&costs, 1, 2) / slope(&costs, 0, 1));
            (filling, slope(&costs, 0, 2))
        });
        let worst = costs.max_by(|one, other| one.1.total_cmp(&other.1));
        let (filling, ours) = worst.expect("there are fillings");
        let floor = [SIZES[0], SIZES[2]].map(|size| cost(&format!("{FLOOR}{reader}"), filling, size));
        let floor = slope(&floor, 0, 1);
        most = most.max(ours);
        let what = format!("{reader}{BY}{filling})");
        rows.push(Row::new("hostile bodies", what, Unit::InstructionsPerByte, ours).floor(floor));
    }
    rows.push(Row::new("hostile bodies", WORST, Unit::InstructionsPerByte, most));
    rows.push(Row::new("hostile bodies", GROWTH, Unit::Ratio, steepest));
    rows
}

/// The length of a body, and the instructions of one reading.
type Cost = (usize, u64);

fn cost(reader: &str, filling: &str, size: usize) -> Cost {
    let task = ["read", reader, filling, &size.to_string()];
    // Without a reading there is what the process costs, and the making of the body.
    let instructions = collected(&task, 1) - collected(&task, 0);
    (body(reader_of(reader), filling, size).len(), instructions)
}

/// The instructions per byte between two sizes.
fn slope(costs: &[Cost], from: usize, to: usize) -> f64 {
    (costs[to].1 as f64 - costs[from].1 as f64) / (costs[to].0 - costs[from].0) as f64
}

/// The task that [`callgrind`](crate::callgrind) counts.
pub fn read(reader: &str, filling: &str, size: usize, runs: u64) {
    let is_floor = reader.starts_with(FLOOR);
    let reader = reader_of(reader);
    let body = body(reader, filling, size);
    for _ in 0..runs {
        if is_floor {
            black_box(serde_json::from_slice::<IgnoredAny>(&body).expect("JSON"));
        } else {
            (reader.read)(body.clone());
        }
    }
}

fn reader_of(name: &str) -> &'static Reader {
    let name = name.strip_prefix(FLOOR).unwrap_or(name);
    READERS.iter().find(|reader| reader.name == name).expect("a reader")
}

/// A body of nearly this size, and never longer.
fn body(reader: &Reader, filling: &str, size: usize) -> Bytes {
    let (begin, end) = reader.around;
    let fitting = |(name, takes, _): &&Filling| *name == filling && *takes == reader.takes;
    let (.., element) = FILLINGS.iter().find(fitting).expect("a filling");
    let between = if reader.takes == For::Text { "" } else { "," };
    let mut body = begin.to_owned();
    for number in 0.. {
        let element = element(number);
        if body.len() + between.len() + element.len() + end.len() > size {
            break;
        }
        if number > 0 {
            body += between;
        }
        body += &element;
    }
    (body + end).into()
}

/// A status and a body.
struct Said(u16, Bytes);

const ACCEPTED: Said = Said(202, Bytes::from_static(br#""/api/operations/1""#));
const UNPROCESSED: Said = Said(429, Bytes::new());

fn poll(tokens: &[String], body: Bytes) {
    converse(tokens, Until::Settled, [ACCEPTED, Said(200, body)]);
}

/// A conversation with these tokens that gets these answers, and is left then.
fn converse<const N: usize>(tokens: &[String], until: Until, answers: [Said; N]) {
    let ids = (PublisherId::new("contoso").expect("an id"), OfferId::new("offer").expect("an id"));
    let policy = Policy::default().until(until);
    let mut cancellation =
        Cancellation::new(Endpoint::default(), CancelRequest::new(ids.0, ids.1), policy, Duration::ZERO);
    for token in tokens {
        cancellation.provide_token(BearerToken::new(token).expect("a token"));
    }
    let mut now = Duration::ZERO;
    let mut answers = answers.into_iter();
    loop {
        match cancellation.step(now) {
            Step::Authenticate(_) => unreachable!("it has tokens"),
            Step::Send(exchange) => {
                let Some(Said(status, body)) = answers.next() else { return };
                let response = Response::builder().status(status).body(body).expect("a response");
                cancellation.handle_response(now, exchange.id, response).expect("in flight");
            }
            Step::WaitUntil(when) => now = when,
            Step::Await { .. } => unreachable!("every exchange is answered at once"),
            Step::Done(_) => return,
        }
        black_box(&cancellation);
    }
}
