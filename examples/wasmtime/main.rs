//! Embeds `assize.wasm`: `cargo run -p assize-example-wasmtime -- target/artifacts/core/assize.wasm`.

use exports::assize::core::governor::{CycleInput, EngineOutput};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Error, Result, Store};

wasmtime::component::bindgen!({ path: "../../wit", world: "core" });

fn main() -> Result<()> {
    let file = std::env::args().nth(1);
    let file = file.ok_or_else(|| Error::msg("which assize.wasm?"))?;
    let engine = Engine::default();
    let component = Component::from_file(&engine, &file)?;
    let mut store = Store::new(&engine, ());
    // The linker stays empty: the component imports nothing.
    let core = Core::instantiate(&mut store, &component, &Linker::new(&engine))?;
    let governor = core.assize_core_governor();

    let config = governor.call_default_cycle_config(&mut store)?;
    let output = |output: &str, confidence| EngineOutput {
        output: output.to_owned(),
        confidence,
    };
    let input = CycleInput {
        left: output("Restart the replica, then watch the error rate", 0.9),
        right: output("Restart the replica, then watch the latency", 0.85),
        budget: config.initial_contradiction_budget,
        cycle: 1,
        previous_quality: None,
    };
    match governor.call_evaluate_cycle(&mut store, config, &input)? {
        Ok(evaluation) => {
            println!("{:?}, risk {}", evaluation.verdict, evaluation.risk);
            for reason in evaluation.reasons {
                println!("{}: {}", reason.code, reason.message);
            }
            Ok(())
        }
        Err(error) => Err(Error::msg(format!("refused: {error:?}"))),
    }
}
