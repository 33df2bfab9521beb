//! Levels, to the bit.

use crate::Outcome;
use crate::case::{items, number_or, vector};
use assize_core::memory::{SynapticConfig, SynapticMemory, SynapticSettings, Transfer};
use serde_json::Value;

pub(crate) fn judge(case: &Value) -> Outcome {
    let config = &case["config"];
    let [l1, l2, l3] = SynapticSettings::default().lambda;
    let [theta1, theta2] = SynapticSettings::default().theta;
    let [gating1, gating2] = SynapticSettings::default().gating;
    let value = |name: &str, otherwise: f64| number_or(&config[name], otherwise);
    let settings = SynapticSettings {
        dimension: config["dimension"].as_u64().unwrap_or_default() as u32,
        lambda: [
            value("lambda_l1", l1),
            value("lambda_l2", l2),
            value("lambda_l3", l3),
        ],
        theta: [value("theta_l1", theta1), value("theta_l2", theta2)],
        gating: [value("gating12", gating1), value("gating23", gating2)],
        transfer: Transfer::PerComponent,
    };
    let config = SynapticConfig::new(settings).map_err(|error| error.to_string())?;
    let mut memory = SynapticMemory::new(config);
    let events = items(&case["input"]["events"]);
    let expected = items(&case["expected"]["levels"]);
    assert_eq!(events.len(), expected.len());
    for (number, (event, expected)) in events.iter().zip(expected).enumerate() {
        let updated = memory.update(&vector(event));
        updated.map_err(|error| format!("event {number}: {error}"))?;
        for (level, expected) in memory.levels().into_iter().zip(items(expected)) {
            let bits = |numbers: &[f32]| -> Vec<u32> {
                numbers.iter().map(|number| number.to_bits()).collect()
            };
            let expected = vector(expected);
            if bits(level) != bits(&expected) {
                return Err(format!("event {number}: {level:?}, not {expected:?}"));
            }
        }
    }
    Ok([].into())
}
