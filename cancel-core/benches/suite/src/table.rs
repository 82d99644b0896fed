//! The table, as Markdown and as JSON.

use std::fmt::Write;

use serde_json::{Map, Value, json};

pub const AZURE_CORE: &str = "azure_core";

/// What a figure counts. Smaller is always better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Instructions,
    Allocations,
    Bytes,
    InstructionsPerByte,
    Seconds,
    Microseconds,
    Polls,
    Percent,
    Ratio,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Instructions => "instructions",
            Self::Allocations => "allocations",
            Self::Bytes => "bytes",
            Self::InstructionsPerByte => "instructions per byte",
            Self::Seconds => "s",
            Self::Microseconds => "µs",
            Self::Polls => "",
            Self::Percent => "%",
            Self::Ratio => "×",
        }
    }

    fn decimals(self) -> usize {
        match self {
            Self::Instructions | Self::Allocations | Self::Bytes | Self::Microseconds => 0,
            Self::InstructionsPerByte | Self::Polls | Self::Percent => 1,
            Self::Seconds | Self::Ratio => 2,
        }
    }
}

/// One measurement: our figure, the floor's if there is one, and those of the peers.
#[derive(Debug)]
pub struct Row {
    pub group: &'static str,
    pub what: String,
    pub unit: Unit,
    pub ours: f64,
    pub floor: Option<f64>,
    pub peers: Vec<(&'static str, f64)>,
}

impl Row {
    pub fn new(group: &'static str, what: impl Into<String>, unit: Unit, ours: f64) -> Self {
        Self { group, what: what.into(), unit, ours, floor: None, peers: Vec::new() }
    }

    pub fn floor(mut self, floor: f64) -> Self {
        self.floor = Some(floor);
        self
    }

    pub fn peer(mut self, name: &'static str, figure: f64) -> Self {
        self.peers.push((name, figure));
        self
    }

    fn figure(&self, figure: f64) -> String {
        let text = format!("{figure:.*}", self.unit.decimals());
        let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped + rest
    }

    fn ratio(&self, other: f64) -> f64 {
        self.ours / other
    }

    fn to_json(&self) -> Value {
        let peers: Map<_, _> = self
            .peers
            .iter()
            .map(|(name, figure)| ((*name).to_owned(), json!({"figure": figure, "ours_by_it": self.ratio(*figure)})))
            .collect();
        json!({
            "group": self.group,
            "what": self.what,
            "unit": self.unit.name(),
            "ours": self.ours,
            "floor": self.floor.map(|floor| json!({"figure": floor, "ours_by_it": self.ratio(floor)})),
            "peers": peers,
        })
    }
}

/// The table as Markdown.
pub fn markdown(rows: &[Row]) -> String {
    let head = "| | ours | floor | ours ÷ floor | peer | ours ÷ peer |\n|---|--:|--:|--:|--:|--:|\n";
    let mut text = head.to_owned();
    let mut group = "";
    for row in rows {
        if row.group != group {
            group = row.group;
            let _ = writeln!(text, "| **{group}** | | | | | |");
        }
        let figure = |figure: f64| row.figure(figure);
        let ratio = |other: f64| format!("{:.2}", row.ratio(other));
        let each = |show: &dyn Fn(&'static str, f64) -> String| {
            let cells: Vec<_> = row.peers.iter().map(|(name, figure)| show(name, *figure)).collect();
            cells.join("<br>")
        };
        let unit = row.unit.name();
        let _ = writeln!(
            text,
            "| {}{}{unit} | {} | {} | {} | {} | {} |",
            row.what,
            if unit.is_empty() { "" } else { ", " },
            figure(row.ours),
            row.floor.map(figure).unwrap_or_default(),
            row.floor.map(ratio).unwrap_or_default(),
            each(&|name, peer| format!("{name}: {}", figure(peer))),
            each(&|_, peer| ratio(peer)),
        );
    }
    text
}

/// The same as one JSON object.
pub fn json(rows: &[Row], versions: &str) -> String {
    let rows: Vec<_> = rows.iter().map(Row::to_json).collect();
    json!({"versions": versions, "rows": rows}).to_string()
}
