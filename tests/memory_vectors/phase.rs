//! The phase memory: recorded answers while both hold the same, and those of a plain scan in double
//! precision always.

use crate::Outcome;
use crate::case::{has_tag, items, number, number_or, numbers, vector};
use assize_core::Error;
use assize_core::memory::{
    Inserted, MemoryConfig, MemorySettings, NewEntry, PhaseMemory, Query, Recollection,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const RESONANCE: f64 = 2e-6;
const NORM: f64 = 1e-6;

/// An entry that is held.
struct Kept {
    vector: Vec<f32>,
    phase: f32,
    confidence: f64,
}

struct Run<'a> {
    case: &'a Value,
    memory: PhaseMemory,
    /// What this memory holds.
    kept: BTreeMap<u64, Kept>,
    /// Which entry the reference holds at each of its slots.
    slots: BTreeMap<u64, u64>,
    /// Whether the reference holds something else.
    diverged: bool,
    rules: BTreeSet<&'static str>,
}

/// As many entries as a batch or a single call brings.
struct Arrival {
    vectors: Vec<Vec<f32>>,
    phases: Vec<f32>,
    confidences: Vec<f64>,
}

impl Arrival {
    fn of(operation: &Value) -> Option<Self> {
        if operation["op"] == "entangle" {
            return Some(Self {
                vectors: vec![vector(&operation["vector"])],
                phases: vec![number(&operation["phase"]) as f32],
                confidences: vec![number_or(&operation["confidence"], 1.0)],
            });
        }
        let vectors: Vec<_> = items(&operation["vectors"]).iter().map(vector).collect();
        let phases = vector(&operation["phases"]);
        let confidences = items(&operation["confidences"]).iter();
        let mut confidences: Vec<_> = confidences.map(|value| number_or(value, 1.0)).collect();
        if operation["confidences"].is_null() {
            confidences.resize(vectors.len(), 1.0);
        }
        // One list of entries has no parts of different lengths.
        (phases.len() == vectors.len() && confidences.len() == vectors.len()).then_some(Self {
            vectors,
            phases,
            confidences,
        })
    }
}

pub(crate) fn judge(case: &Value) -> Outcome {
    let config = &case["config"];
    let field = |name: &str| config[name].as_u64().unwrap_or_default() as u32;
    let mut answers = Vec::new();
    for compressed_index in [false, true] {
        let settings = MemorySettings {
            dimension: field("dimension"),
            capacity: field("capacity"),
            text_bytes: 0,
            compressed_index,
        };
        let config = MemoryConfig::new(settings).map_err(|error| error.to_string())?;
        let mut run = Run {
            case,
            memory: PhaseMemory::new(config).map_err(|error| error.to_string())?,
            kept: BTreeMap::new(),
            slots: BTreeMap::new(),
            diverged: false,
            rules: BTreeSet::new(),
        };
        let operations = items(&case["input"]["ops"]).iter();
        let results = items(&case["expected"]["results"]);
        for (number, (operation, expected)) in operations.zip(results).enumerate() {
            let done = run.perform(operation, expected);
            done.map_err(|why| format!("operation {number}: {why}"))?;
        }
        run.compare_end()?;
        answers.push(run.rules);
    }
    if answers[0] != answers[1] {
        return Err("the index changes answers".to_owned());
    }
    Ok(answers.swap_remove(0))
}

impl Run<'_> {
    fn perform(&mut self, operation: &Value, expected: &Value) -> Result<(), String> {
        match operation["op"].as_str() {
            Some("entangle" | "entangle_batch") => self.insert(operation, expected),
            Some("retrieve") => self.retrieve(operation, expected),
            Some("stats") => {
                let stats = &expected["stats"];
                let usage = self.memory.usage();
                let counted = [u64::from(usage.entries), u64::from(usage.capacity)];
                let recorded = [&stats["used"], &stats["capacity"]];
                if !self.diverged && recorded.map(Value::as_u64) != counted.map(Some) {
                    return Err(format!("{counted:?}, not {recorded:?}"));
                }
                self.rules.insert("bytes-are-exact");
                Ok(())
            }
            Some("tamper_pointer" | "tamper_size") => {
                self.diverged = true;
                self.rules.insert("state-not-exposed");
                Ok(())
            }
            Some("detect_corruption" | "auto_recover") => {
                self.rules.insert("damage-never-accepted");
                Ok(())
            }
            other => Err(format!("unknown operation {other:?}")),
        }
    }

    /// The reference went another way: by which rule?
    fn differ(&mut self, rule: &'static str, tag: Option<&str>) -> Result<(), String> {
        if tag.is_some_and(|tag| !has_tag(self.case, tag)) {
            return Err(format!("`{rule}` without its tag"));
        }
        self.rules.insert(rule);
        Ok(())
    }

    fn insert(&mut self, operation: &Value, expected: &Value) -> Result<(), String> {
        let failed = !expected["error"].is_null();
        let Some(arrival) = Arrival::of(operation) else {
            return if failed {
                Ok(())
            } else {
                Err("lengths differ".to_owned())
            };
        };
        let entries = arrival
            .vectors
            .iter()
            .zip(&arrival.phases)
            .zip(&arrival.confidences);
        let entries: Vec<_> = entries
            .map(|((vector, phase), confidence)| NewEntry {
                confidence: *confidence,
                ..NewEntry::new(vector, *phase)
            })
            .collect();
        let before = self.memory.manifest();
        let done = match self.memory.insert_batch(&entries, 0) {
            Ok(_) if failed => return Err("stored what the reference refuses".to_owned()),
            Ok(done) => done,
            Err(error) => {
                assert_eq!(self.memory.manifest(), before);
                return if failed {
                    Ok(())
                } else {
                    self.refused(&error, &arrival)
                };
            }
        };
        let indices = &expected["indices"];
        let single = [expected["index"].clone()];
        let indices = indices.as_array().map_or(&single[..], Vec::as_slice);
        for ((entry, done), index) in entries.iter().zip(&done).zip(indices) {
            self.keep(entry, done, index.as_u64())?;
        }
        let size = expected["size"].as_u64();
        if !self.diverged && size != Some(u64::from(self.memory.usage().entries)) {
            return Err(format!("{:?}, not {size:?}", self.memory.usage()));
        }
        Ok(())
    }

    /// Refused here, not there.
    fn refused(&mut self, error: &Error, arrival: &Arrival) -> Result<(), String> {
        let Error::InvalidInput(invalid) = error else {
            return Err(error.to_string());
        };
        let ignored = arrival
            .confidences
            .iter()
            .all(|confidence| *confidence < 0.5);
        if ignored {
            return self.differ("checked-before-confidence", None);
        }
        self.diverged = true;
        for error in invalid.errors() {
            if !error.pointer.contains("/vector/") {
                return Err(error.message.clone());
            }
            self.differ("component-finite-and-bounded", Some("nonfinite"))?;
        }
        Ok(())
    }

    fn keep(
        &mut self,
        entry: &NewEntry<'_>,
        done: &Inserted,
        index: Option<u64>,
    ) -> Result<(), String> {
        let Inserted::Stored { id, evicted } = done else {
            return match index {
                None => Ok(()),
                Some(_) => Err("refused".to_owned()),
            };
        };
        let Some(index) = index else {
            return Err("stored".to_owned());
        };
        for gone in evicted {
            let least = self.kept.iter().min_by(|left, right| {
                let order = left.1.confidence.total_cmp(&right.1.confidence);
                order.then(left.0.cmp(right.0))
            });
            if least.map(|(id, _)| id) != Some(gone) {
                return Err(format!("{gone} was not the oldest of the least confident"));
            }
            self.kept.remove(gone);
        }
        let overwritten = self.slots.insert(index, *id);
        if overwritten != evicted.first().copied() {
            self.diverged = true;
            self.differ("oldest-gives-way", Some("overflow"))?;
        }
        let kept = Kept {
            vector: entry.vector.to_vec(),
            phase: entry.phase,
            confidence: entry.confidence,
        };
        self.kept.insert(*id, kept);
        Ok(())
    }

    fn retrieve(&mut self, operation: &Value, expected: &Value) -> Result<(), String> {
        let failed = !expected["error"].is_null();
        let top_k = number_or(&operation["top_k"], 5.0);
        let vector = vector(&operation["query"]);
        let query = Query {
            vector: &vector,
            phase: number(&operation["phase"]) as f32,
            tolerance: number_or(&operation["phase_tolerance"], 0.15) as f32,
            top_k: top_k.max(0.0) as u32,
            min_confidence: number(&operation["min_confidence"]),
        };
        let found = match self.memory.retrieve(&query, 0) {
            Ok(_) if failed => return Err("answered what the reference refuses".to_owned()),
            Ok(found) => found,
            Err(error) => {
                for error in error.errors() {
                    let (rule, tag) = match error.pointer.as_str() {
                        "/top_k" => ("top-k-from-one", Some("top_k_nonpositive")),
                        "/phase" | "/tolerance" => ("query-in-range", None),
                        "/vector" if failed => continue,
                        "/vector" => ("dimension-always-checked", None),
                        _ => ("component-finite-and-bounded", Some("nonfinite")),
                    };
                    self.differ(rule, tag)?;
                }
                return Ok(());
            }
        };
        self.compare_scan(&query, &found)?;
        if self.diverged {
            return Ok(());
        }
        self.compare_recorded(&found, expected)
    }

    /// Looks at everything in double precision.
    fn compare_scan(&self, query: &Query<'_>, found: &[Recollection]) -> Result<(), String> {
        let length = |vector: &[f32]| dot(vector, vector).sqrt().max(1e-9);
        let resonances: BTreeMap<u64, f64> = self
            .kept
            .iter()
            .filter(|(_, kept)| (kept.phase - query.phase).abs() <= query.tolerance)
            .filter(|(_, kept)| kept.confidence >= query.min_confidence)
            .map(|(id, kept)| {
                let lengths = length(&kept.vector) * length(query.vector);
                (*id, dot(&kept.vector, query.vector) / lengths)
            })
            .collect();
        let mut best: Vec<f64> = resonances.values().copied().collect();
        best.sort_by(|left, right| right.total_cmp(left));
        best.truncate(query.top_k as usize);
        if best.len() != found.len() {
            return Err(format!("{} found, not {}", found.len(), best.len()));
        }
        for (found, best) in found.iter().zip(best) {
            let resonance = f64::from(found.resonance);
            let own = resonances.get(&found.entry.id).copied().unwrap_or(f64::NAN);
            if (resonance - best).abs() > RESONANCE || (resonance - own).abs() > RESONANCE {
                return Err(format!("{resonance}, not {best} and {own}"));
            }
        }
        let newer_first = |pair: &[Recollection]| {
            pair[0].resonance > pair[1].resonance || pair[0].entry.id > pair[1].entry.id
        };
        if found.windows(2).all(newer_first) {
            Ok(())
        } else {
            Err("not in order".to_owned())
        }
    }

    fn compare_recorded(&self, found: &[Recollection], expected: &Value) -> Result<(), String> {
        let indices = items(&expected["indices"]).iter().filter_map(Value::as_u64);
        let slots: Vec<_> = indices
            .map(|index| self.slots.get(&index).copied())
            .collect();
        let resonances = numbers(&expected["resonance"]);
        if found.len() != slots.len() {
            return Err(format!("{} found, not {}", found.len(), slots.len()));
        }
        let ordered = expected["order_defined"] == true;
        let phases = vector(&expected["phases"]);
        let confidences = numbers(&expected["confidences"]);
        for (place, found) in found.iter().enumerate() {
            let entry = &found.entry;
            if (f64::from(found.resonance) - resonances[place]).abs() > RESONANCE {
                return Err(format!(
                    "{} at {place}, not {}",
                    found.resonance, resonances[place]
                ));
            }
            let same = Some(entry.id) == slots[place]
                && entry.phase == phases[place]
                && entry.confidence == confidences[place];
            if ordered && !same {
                return Err(format!("{entry:?} at {place}, not {:?}", slots[place]));
            }
        }
        Ok(())
    }

    fn compare_end(&mut self) -> Result<(), String> {
        let end = &self.case["expected"]["final"];
        let held = self.memory.entries(0, 100, 0);
        let ids: Vec<u64> = held.iter().map(|entry| entry.id).collect();
        if ids != self.kept.keys().copied().collect::<Vec<_>>() {
            return Err(format!("holds {ids:?}"));
        }
        if self.diverged {
            return Ok(());
        }
        let recorded = numbers(&end["norms"]).into_iter();
        let recorded = recorded
            .zip(vector(&end["phases"]))
            .zip(numbers(&end["confidences"]));
        for (slot, ((norm, phase), confidence)) in recorded.enumerate() {
            let id = self.slots.get(&(slot as u64)).copied().unwrap_or_default();
            let (Some(entry), Some(vector)) = (self.memory.entry(id, 0), self.memory.vector(id, 0))
            else {
                return Err(format!("slot {slot} is not held"));
            };
            let own = dot(vector, vector).sqrt().max(1e-9);
            if (own - norm).abs() > NORM * norm
                || (entry.phase, entry.confidence) != (phase, confidence)
            {
                return Err(format!("slot {slot}: {entry:?} of norm {own}, not {norm}"));
            }
        }
        Ok(())
    }
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    let products = left
        .iter()
        .zip(right)
        .map(|(left, right)| f64::from(*left) * f64::from(*right));
    products.sum()
}
