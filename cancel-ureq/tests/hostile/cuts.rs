//! An honest answer, cut off at every byte.

use crate::adapter::OVER_HTTP1;
use crate::hostile::At;
use crate::outcome::outcome;
use crate::parallel::each;

#[test]
fn an_answer_may_be_cut_off_at_every_byte() {
    let lengths =
        [At::Post, At::Poll].into_iter().flat_map(|at| (0..at.honest().len()).map(move |length| (at, length)));
    each(lengths, |(at, length)| {
        let cut = at.honest().into_bytes()[..length].to_vec();
        let head = at.honest().find("\r\n\r\n").unwrap() + 4;
        let expected = match at {
            At::Post if length < head => "ambiguous",
            At::Post => "canceled",
            At::Poll => "transport",
        };
        for adapter in OVER_HTTP1 {
            let cut = cut.clone();
            let attack = move |client: &mut crate::hostile::Client| {
                client.read_request();
                client.say(&cut);
            };
            let found = outcome(attack, at, adapter, false);
            assert_eq!(found, expected, "{adapter:?}, {at:?} after {length} bytes");
        }
    });
}
