//! An honest answer, cut off at every byte.

use crate::adapter::OVER_HTTP1;
use crate::attacks::{Attack, cut};
use crate::hostile::At;
use crate::suffer::suffer;

#[test]
fn an_answer_may_be_cut_off_at_every_byte() {
    static CUT: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
    for (at, bytes) in (0..)
        .map_while(|length| cut(At::Post, length))
        .map(|cut| (At::Post, cut))
        .chain((0..).map_while(|length| cut(At::Look, length)).map(|cut| (At::Look, cut)))
    {
        let written = bytes.len();
        *CUT.lock().unwrap() = bytes;
        let attack = Attack {
            name: "a cut",
            play: |victim| {
                victim.read_request();
                let cut = CUT.lock().unwrap().clone();
                victim.say(cut);
            },
        };
        for adapter in OVER_HTTP1 {
            let ended = suffer(&attack, at, adapter, false);
            let head = at.honest().find("\r\n\r\n").unwrap() + 4;
            let expected = match at {
                At::Post if written < head => "ambiguous",
                At::Post => "canceled",
                At::Look => "transport",
            };
            assert_eq!(ended, expected, "{adapter:?}, {at:?} after {written} bytes");
        }
    }
}
