//! The proxy of the environment: what it gets, what it says, and what does not go through it.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use cancel_core::testing::portal::CancelBehavior;
use serde_json::json;

use crate::tls::{LOCALHOST, SERVICE, serve};
use crate::{TOKEN, json_of, program, serve as serve_portal, text};

/// From where a program takes its proxies.
pub(crate) const VARIABLES: [&str; 8] =
    ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// Speaks with a client until there is a tunnel. Returns for what it was asked.
trait Greet: Fn(&mut TcpStream) -> io::Result<String> + Send + 'static {}

impl<F: Fn(&mut TcpStream) -> io::Result<String> + Send + 'static> Greet for F {}

/// The address of a proxy that leads to this port of this machine, if any. What it was asked comes after each client.
fn proxy(greet: impl Greet, port: Option<u16>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let Ok(asked) = greet(&mut client) else { continue };
            // The test may have ended.
            let _ = tell.send(asked);
            let Some(port) = port else { continue };
            let mut service = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), service.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut from, &mut to));
            thread::spawn(move || io::copy(&mut service, &mut client));
        }
    });
    (address, told)
}

/// Of HTTP, with this answer to a CONNECT.
fn http(answer: String) -> impl Greet {
    move |client| {
        let mut asked = [0; 8192];
        let count = client.read(&mut asked)?;
        client.write_all(answer.as_bytes())?;
        Ok(String::from_utf8_lossy(&asked[..count]).into_owned())
    }
}

/// Reads so many bytes.
fn read(client: &mut TcpStream, count: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count.into()];
    client.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// RFC 1928, for names.
fn socks5(client: &mut TcpStream) -> io::Result<String> {
    let count = read(client, 2)?[1];
    read(client, count)?;
    client.write_all(&[5, 0])?;
    let [5, 1, 0, 3, length] = read(client, 5)?[..] else { return Err(io::Error::other("no name")) };
    let name = read(client, length)?;
    read(client, 2)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(String::from_utf8_lossy(&name).into_owned())
}

/// SOCKS 4A, for names.
fn socks4(client: &mut TcpStream) -> io::Result<String> {
    let [4, 1, _, _, 0, 0, 0, _] = read(client, 8)?[..] else { return Err(io::Error::other("no name")) };
    let mut word = || -> io::Result<String> {
        let mut word = String::new();
        while let Some(character) = read(client, 1)?.first().filter(|byte| **byte != 0) {
            word.push(char::from(*character));
        }
        Ok(word)
    };
    let (_user, name) = (word()?, word()?);
    client.write_all(&[0, 90, 0, 0, 0, 0, 0, 0])?;
    Ok(name)
}

/// The program, which trusts this certificate, where each variable of the environment names this proxy.
fn through(proxy: &str, endpoint: &str, certificate: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certificate.pem");
    std::fs::write(&file, certificate).unwrap();
    let mut program = program();
    for variable in VARIABLES.iter().filter(|variable| !variable.eq_ignore_ascii_case("NO_PROXY")) {
        program.env(variable, proxy);
    }
    program.args(["--endpoint", endpoint, "--publisher", "contoso", "--offer", "contoso-offer", "--json"]);
    program.arg("--ca-file").arg(&file).env("AZURE_TOKEN", TOKEN).output().unwrap()
}

const ELSEWHERE: &str = "https://service.invalid";

#[test]
fn it_gets_its_own_password_but_neither_the_token_nor_the_path() {
    let via = "x".repeat(4000);
    let answer = format!("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 Connection established\nVia: {via}\n\n");
    let (address, told) = proxy(http(answer), Some(serve(SERVICE)));
    let output = through(&format!("http://user:word@{address}"), ELSEWHERE, SERVICE);
    assert_eq!(json_of(&output)["outcome"], "nothing_running", "{}", text(&output.stderr));
    let asked = told.recv().unwrap();
    assert!(asked.starts_with("CONNECT service.invalid:443 HTTP/1.1\r\n") && !asked.contains(TOKEN), "{asked}");
    assert!(asked.contains("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"), "{asked}");
}

#[test]
fn what_it_answers_is_told() {
    for (answer, says) in [
        ("HTTP/1.1 403 Blocked by \u{1b}[2Jpolicy\r\n\r\n".to_owned(), "the proxy answered 403 Blocked by  [2Jpolicy"),
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".to_owned(), "the proxy answered 407 Proxy Auth"),
        ("HTTP/1.1 103 Early Hints\r\n\r\n".repeat(101), "the proxy sent too many informational answers"),
        ("HTTP/1.1 2000 OK\r\n\r\n".to_owned(), "the proxy answered something else than HTTP"),
        ("SSH-2.0-x\r\n\r\n".to_owned(), "the proxy answered something else than HTTP"),
        ("x".repeat(9000), "the proxy's answer is too long"),
    ] {
        let output = through(&format!("http://user:word@{}", proxy(http(answer), None).0), ELSEWHERE, SERVICE);
        let said = text(&output.stderr);
        assert!(said.contains(says) && !said.contains("word@"), "{said}");
        assert_eq!((&json_of(&output)["posted"], output.status.code()), (&json!("no"), Some(2)));
    }
    for (proxy, says) in [
        ("https://127.0.0.1:1", "a proxy with the scheme \"https\" is not supported"),
        ("ftp://user:word@127.0.0.1:1", "HTTPS_PROXY is not the address of a proxy"),
        ("http://user:word@[::", "HTTPS_PROXY is not the address of a proxy"),
    ] {
        let output = through(proxy, ELSEWHERE, SERVICE);
        let said = text(&output.stderr);
        assert!(said.contains(says) && !said.contains("word"), "{said}");
    }
}

/// Some desktops set such a value, beside exceptions that count.
#[test]
fn an_address_that_cannot_be_read_matters_only_where_it_would_be_used() {
    let said_of = |endpoint: &str, variables: &[(&str, &str)]| {
        let mut program = program();
        program.args(["--endpoint", endpoint, "--publisher", "contoso", "--offer", "contoso-offer"]);
        let output = program.envs(variables.iter().copied()).env("AZURE_TOKEN", TOKEN).output();
        text(&output.unwrap().stderr).to_owned()
    };
    let said = |variables: &[(&str, &str)]| said_of(ELSEWHERE, variables);
    const UNREADABLE: &str = "socks://127.0.0.1:1";
    for (name, variables) in [
        ("ALL_PROXY", &[("ALL_PROXY", UNREADABLE)] as &[_]),
        ("HTTPS_PROXY", &[("HTTPS_PROXY", UNREADABLE), ("ALL_PROXY", "")]),
        ("HTTPS_PROXY", &[("HTTPS_PROXY", "http://127.0.0.1:1\r")]),
        ("ALL_PROXY", &[("HTTPS_PROXY", ""), ("ALL_PROXY", UNREADABLE), ("NO_PROXY", "elsewhere.invalid")]),
    ] {
        let said = said(variables);
        assert!(said.contains(&format!("{name} is not the address of a proxy")), "{said}");
    }
    for variables in [
        &[("ALL_PROXY", UNREADABLE), ("NO_PROXY", "service.invalid")] as &[_],
        &[("ALL_PROXY", UNREADABLE), ("NO_PROXY", "*")],
        &[("ALL_PROXY", UNREADABLE), ("REQUEST_METHOD", "GET")],
        &[("HTTPS_PROXY", ""), ("https_proxy", UNREADABLE)],
        &[("HTTPS_PROXY", "\r")],
    ] {
        let said = said(variables);
        assert!(said.contains("cannot be reached") && !said.contains("is not the address of a proxy"), "{said}");
    }
    // Also of an address, which hyper-util's `*` does not match. On Linux this one is of this machine.
    let said = said_of("https://0.0.0.0:1", &[("ALL_PROXY", UNREADABLE), ("NO_PROXY", "*")]);
    assert!(said.contains("cannot be reached") && !said.contains("is not the address of a proxy"), "{said}");
}

/// A proxy for plain HTTP would see the token.
#[test]
fn nothing_goes_through_it_to_this_machine() {
    let (address, told) = proxy(http("HTTP/1.1 403 No\r\n\r\n".to_owned()), None);
    let endpoint = format!("https://localhost:{}", serve(LOCALHOST));
    let output = through(&format!("http://{address}"), &endpoint, LOCALHOST);
    assert_eq!(json_of(&output)["outcome"], "nothing_running", "{}", text(&output.stderr));
    let portal = serve_portal(CancelBehavior::AtOnce);
    let output = through(&format!("http://{address}"), &portal.endpoint(), LOCALHOST);
    assert_eq!(json_of(&output)["outcome"], "canceled", "{}", text(&output.stderr));
    assert!(told.try_recv().is_err());
}

/// The `h` of `socks5h` and the `a` of `socks4a` have the proxy look the name up. Without it nobody knows this one.
#[test]
fn socks_looks_a_name_up_where_its_scheme_says_so() {
    type Speak = fn(&mut TcpStream) -> io::Result<String>;
    for (scheme, speak, is_known) in [
        ("socks5h", socks5 as Speak, true),
        ("socks5", socks5, false),
        ("socks4a", socks4, true),
        ("socks4", socks4, false),
    ] {
        let (address, told) = proxy(speak, Some(serve(SERVICE)));
        let output = through(&format!("{scheme}://{address}"), ELSEWHERE, SERVICE);
        let (outcome, asked) =
            if is_known { (json!("nothing_running"), "service.invalid") } else { (json!("error"), "") };
        assert_eq!(json_of(&output)["outcome"], outcome, "{scheme}: {}", text(&output.stderr));
        assert_eq!(told.try_recv().unwrap_or_default(), asked, "{scheme}");
    }
}
