//! Texts for benches.

/// English prose; two thirds of the words stand at the same place in both texts.
pub fn texts(words: usize) -> (String, String) {
    let prose: Vec<_> = include_str!("../LICENSE").split_whitespace().collect();
    let text = |shift: usize| {
        let word = |index: usize| {
            let shift = if index.is_multiple_of(3) { shift } else { 0 };
            prose[(index + shift) % prose.len()]
        };
        let words: Vec<_> = (0..words).map(word).collect();
        words.join(" ")
    };
    (text(0), text(prose.len() / 2))
}

/// The same as a line of JSON.
pub fn line(words: usize) -> String {
    let (left, right) = texts(words);
    let side = |output| serde_json::json!({ "output": output, "confidence": 0.8 });
    serde_json::json!({ "left": side(left), "right": side(right) }).to_string()
}
