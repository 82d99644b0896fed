//! The command line as it is typed, each value checked alone. What values mean together is checked in `job`.

#![expect(rustdoc::bare_urls, reason = "clap prints these comments as they are")]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use cancel_core::{NotificationEmails, OfferId, OperationId, PublisherId, Until};
use clap::Parser;
use clap_complete::Shell;

// At most 80 columns wide, as terminals are.
const AFTER_HELP: &str = "\
Examples:
  cancel-publish            (try it: cancels a publish in a simulated portal)
  cancel-publish --publisher contoso --offer contoso-offer --dry-run
  cancel-publish --publisher contoso --offer one,two --checkpoint runs --json
  cancel-publish --publisher contoso --offers-from offers.txt \\
      --token-command 'az account get-access-token \\
                       --resource https://cloudpartner.azure.com'

Exit codes (with many offers, the highest):
  0    canceled, accepted, or nothing was in progress
  1    verified that a publish was not canceled; or a dry run found something in
       progress; or other operations than that of --operation are in progress
  2    an error, and no cancel went out; also wrong arguments, and output that
       cannot be written
  3    the cancel is over, and what became of the publish is not proven
  4    an error after which a cancel may have gone out
  129  SIGHUP, 130 Ctrl-C, 143 SIGTERM. The last lines say whether a cancel went
       out

Environment:
  AZURE_TOKEN                  the token, when there is no --token-command;
                               the command does not get it
  SSL_CERT_FILE, SSL_CERT_DIR  trusted certificates, instead of those of the
                               platform
  HTTPS_PROXY, ALL_PROXY, NO_PROXY
                               the proxy; none is used for this machine
  NO_COLOR, TERM=dumb          lines on stderr instead of bars, as without a
                               terminal";

/// Cancels the publish of offers on Microsoft's commercial marketplace, and says what became of it
///
/// Without any argument it cancels a publish in a simulated portal. The portal runs in this process, and nothing
/// leaves this machine.
#[derive(Debug, Default, Parser)]
#[command(name = "cancel-publish", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Flags {
    /// Cancel a publish in a simulated portal in this process
    #[arg(long, help_heading = "Service", conflicts_with_all = ["endpoint", "checkpoint", "token_command", "ca_file"])]
    pub(crate) simulate: bool,
    /// The service [default: https://cloudpartner.azure.com]
    #[arg(long, value_name = "URL", help_heading = "Service")]
    // Read in `job`: clap would show a password in it.
    pub(crate) endpoint: Option<String>,
    /// A command that prints a token, or the JSON of `az account get-access-token`; it is run whenever a fresh token is
    /// needed, cannot ask on the terminal, and what it says on stderr is shown without tokens
    #[arg(long, value_name = "COMMAND", help_heading = "Service")]
    pub(crate) token_command: Option<String>,
    /// Certificates to trust besides those of the platform, as PEM
    #[arg(long, value_name = "PEM", help_heading = "Service")]
    pub(crate) ca_file: Option<PathBuf>,

    /// The publisher's ID
    #[arg(long, value_name = "ID", help_heading = "Offers")]
    pub(crate) publisher: Option<PublisherId>,
    /// The offers' IDs, separated by commas; may be given many times
    #[arg(long = "offer", value_name = "ID", value_delimiter = ',', help_heading = "Offers")]
    pub(crate) offers: Vec<OfferId>,
    /// A file with an offer's ID on each line, or `-` for stdin; a line that begins with # does not count
    #[arg(long, value_name = "FILE", help_heading = "Offers")]
    pub(crate) offers_from: Option<PathBuf>,
    /// Cancel only if this operation is in progress, and no other (one offer, verified)
    #[arg(long, value_name = "ID", help_heading = "Offers")]
    pub(crate) operation: Option<OperationId>,
    /// Whom the service notifies, separated by commas
    #[arg(long, value_name = "EMAILS", help_heading = "Offers")]
    pub(crate) notify: Option<NotificationEmails>,

    /// Show what would be canceled, and post nothing
    #[arg(long, conflicts_with = "checkpoint", help_heading = "Run")]
    pub(crate) dry_run: bool,
    /// How far to go: `accepted` by the service; `settled`, until the location that the service names has ended;
    /// `verified`, until what was in progress before has ended
    #[arg(long, value_name = "GOAL", default_value = "verified", value_parser = until(), help_heading = "Run")]
    pub(crate) until: Option<Until>,
    /// Where to keep the run for the next one to resume: a file, or a folder for many offers
    #[arg(long, value_name = "PATH", help_heading = "Run")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// How long each offer may take; a service that no connection reaches ends a new run within seconds
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = time, help_heading = "Run")]
    pub(crate) deadline: Duration,
    /// The first wait before a poll, and the shortest; at least 100ms, but for a service on this machine
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time, help_heading = "Run")]
    pub(crate) poll_interval: Duration,
    /// The longest answer that is read, but for lists
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size, help_heading = "Run")]
    pub(crate) body_limit: usize,
    /// The longest list of operations that is read; the lists of all offers in progress are in memory at a time
    #[arg(long, value_name = "SIZE", default_value = "16MiB", value_parser = size, help_heading = "Run")]
    pub(crate) list_limit: usize,
    /// How many offers are in progress at a time; the deadline of the others counts from their start [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Run")]
    pub(crate) concurrency: Option<u16>,

    /// Print one JSON object an offer on stdout, one a line, and nothing else there
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print a script that completes these flags in a shell
    #[arg(long, value_name = "SHELL", exclusive = true, help_heading = "Output")]
    pub(crate) completions: Option<Shell>,
}

impl Flags {
    /// Reads the arguments, of which the first is the program's name.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut flags = Self::try_parse_from(arguments)?;
        // What a person types first must not be an error, nor reach the service.
        flags.simulate |= arguments.len() <= 1;
        Ok(flags)
    }
}

fn until() -> impl clap::builder::TypedValueParser<Value = Until> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    let words = [Until::Accepted, Until::Settled, Until::Verified].map(Until::as_str);
    PossibleValuesParser::new(words).try_map(|word| word.parse::<Until>())
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{error}, such as 90s or 15m")),
    }
}

fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let unit = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        _ => return Err("not a size, such as 512KiB or 4MiB".to_owned()),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(unit));
    bytes.filter(|&bytes| bytes > 0).ok_or_else(|| "not a size, such as 512KiB or 4MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Flags::command().debug_assert();
    }

    #[test]
    fn a_size_has_a_unit_of_bytes() {
        assert_eq!((size("7"), size("512KiB"), size("4MiB")), (Ok(7), Ok(524_288), Ok(4_194_304)));
        for bad in ["", "MiB", "0", "-1", "1MB", "1 MiB", "99999999999999999999MiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }

    /// The page stands in the archive, for those who package the program. `UPDATE_MANUAL=1` writes it anew.
    #[test]
    fn the_manual_page_is_of_these_flags() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/man/cancel-publish.1");
        let page = manual_page();
        if std::env::var_os("UPDATE_MANUAL").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap() == page,
            "the flags have changed: UPDATE_MANUAL=1 writes {path} anew"
        );
    }

    /// clap_mangen would fill the lines of the examples.
    fn manual_page() -> String {
        let manual = clap_mangen::Man::new(Flags::command());
        let mut page = Vec::new();
        manual.render_title(&mut page).unwrap();
        manual.render_name_section(&mut page).unwrap();
        manual.render_synopsis_section(&mut page).unwrap();
        manual.render_description_section(&mut page).unwrap();
        manual.render_options_section(&mut page).unwrap();
        let as_it_stands = AFTER_HELP.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
        format!("{}.SH MORE\n.nf\n{as_it_stands}\n.fi\n", String::from_utf8(page).unwrap())
    }
}
