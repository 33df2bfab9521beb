//! Characters that the reference, on Unicode 14, does not know yet: neither letters nor cased there.

use crate::report::Findings;
use crate::rules::Rule;
use std::ops::RangeInclusive;

/// Letters and numbers added since Unicode 14, with the unassigned stretches between them.
const ADDED: [RangeInclusive<u32>; 50] = [
    0x558..=0x558,
    0x58b..=0x58c,
    0x88f..=0x88f,
    0xc5c..=0xc5c,
    0xcdc..=0xcdc,
    0x1c89..=0x1c8a,
    0x208f..=0x208f,
    0x209d..=0x209f,
    0xa7cb..=0xa7cf,
    0xa7d2..=0xa7d2,
    0xa7d4..=0xa7d4,
    0xa7da..=0xa7f1,
    0xab6c..=0xab6d,
    0x105c0..=0x105f3,
    0x107bb..=0x107bf,
    0x10940..=0x10959,
    0x10d40..=0x10d85,
    0x10ec2..=0x10eee,
    0x1123f..=0x11240,
    0x11380..=0x113d3,
    0x116d0..=0x116e3,
    0x11b0a..=0x11bf9,
    0x11db0..=0x11df1,
    0x11f02..=0x11f59,
    0x1246f..=0x1246f,
    0x12475..=0x1247f,
    0x12550..=0x12686,
    0x1342f..=0x1342f,
    0x13441..=0x143fa,
    0x16100..=0x16139,
    0x16d40..=0x16d79,
    0x16ea0..=0x16ed3,
    0x16ff2..=0x16ff6,
    0x187f8..=0x187ff,
    0x18cd6..=0x18cff,
    0x18d09..=0x191d2,
    0x1b123..=0x1b132,
    0x1b155..=0x1b155,
    0x1b168..=0x1b168,
    0x1ccf0..=0x1ccf9,
    0x1d2c0..=0x1d2d3,
    0x1d6a6..=0x1d6a6,
    0x1df1f..=0x1dfff,
    0x1e030..=0x1e06d,
    0x1e4d0..=0x1e6ff,
    0x2b739..=0x2b73f,
    0x2b81e..=0x2b81e,
    0x2cea2..=0x2cead,
    0x2ebf0..=0x2ee5d,
    0x31350..=0x3fc3f,
];

/// Texts that Assize reads as the reference read the given ones. Counts a deviation where that
/// changes the measure; one character stays one character.
pub(crate) fn as_reference<E: ToString>(
    texts: [&str; 2],
    measure: impl Fn(&str, &str) -> Result<f64, E>,
    findings: &mut Findings,
) -> Result<[String; 2], String> {
    let mut known = Vec::new();
    let replaced = texts.map(|text| replace(text, &mut known));
    if !known.is_empty() {
        let [now, then] = [texts, [&replaced[0], &replaced[1]]]
            .map(|[left, right]| measure(left, right).map_err(|error| error.to_string()));
        if now?.to_bits() != then?.to_bits() {
            findings.deviates(Rule::NewerUnicode);
            return Ok(replaced);
        }
    }
    Ok(texts.map(str::to_owned))
}

/// Puts private-use characters, which are neither letters nor cased, in place of newer ones.
fn replace(text: &str, known: &mut Vec<char>) -> String {
    let stand_in = |c: char| {
        if !ADDED.iter().any(|range| range.contains(&u32::from(c))) {
            return c;
        }
        let position = known.iter().position(|other| *other == c);
        let position = position.unwrap_or_else(|| {
            known.push(c);
            known.len() - 1
        });
        let offset = u32::try_from(position).unwrap_or_default();
        char::from_u32(0xf0000 + offset).unwrap_or(c)
    };
    text.chars().map(stand_in).collect()
}
