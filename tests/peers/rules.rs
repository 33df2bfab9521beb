//! Measures every task with every engine that can do it, and prints a table.

use assize_core::rules::KnowledgeBase;
use assize_peers::ours::{Subject, component_engines, source};
use assize_peers::prolog::Prolog;
use assize_peers::table::Results;
use assize_peers::tasks::{self, Task};
use assize_peers::{Error, cedar::Cedar, rego::Rego, threads};
use assize_service::Engines;
use criterion::Criterion;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

const TURNS: usize = 5;

fn main() -> Result<(), Error> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder)?;
    let measured = folder.join("criterion");
    let mut criterion = Criterion::default()
        .output_directory(&measured)
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let results = Results::from_now(&measured);
    let mut prolog = start_prolog(&folder);
    let engines = component_engines()?;

    let mut all = tasks::recursion();
    all.extend(tasks::closures());
    all.extend(tasks::lookups());
    all.extend(tasks::rbac());
    all.extend(tasks::thresholds());
    all.extend([tasks::rules_of(10), tasks::rules_of(1_000)]);
    for task in &all {
        measure(&mut criterion, task, &engines, prolog.as_mut())?;
    }
    let load = load(&mut criterion, &engines, prolog.as_mut())?;
    all.push(load);
    let wanted = std::env::args()
        .skip(1)
        .all(|argument| argument.starts_with("--"));
    criterion.final_summary();
    println!("\n{}", results.markdown(&all)?);
    ratio(&results)?;
    if wanted {
        two_threads(&engines)?;
    }
    Ok(())
}

fn start_prolog(folder: &Path) -> Option<Prolog> {
    let started = Prolog::version().and_then(|version| {
        println!("{version}");
        Prolog::start(folder)
    });
    started
        .inspect_err(|error| {
            eprintln!(
                "\nWARNING: SWI-Prolog does not start ({error}); ITS COLUMN STAYS EMPTY.\n\
                 Install it: `apt-get install swi-prolog-nox`, or see https://www.swi-prolog.org/Download.html\n"
            );
        })
        .ok()
}

/// All engines of one task, once they agree.
fn measure(
    criterion: &mut Criterion,
    task: &Task,
    engines: &assize::ComponentEngines,
    prolog: Option<&mut Prolog>,
) -> Result<(), Error> {
    let mut native = Subject::native(task)?;
    let mut component = Subject::component(engines, task)?;
    agree(task, "native", native.ask()?)?;
    agree(task, "component", component.ask()?)?;
    let mut group = criterion.benchmark_group(task.id);
    group.bench_function("native", |bencher| {
        bencher.iter(|| black_box(native.ask().is_ok()))
    });
    group.bench_function("component", |bencher| {
        bencher.iter(|| black_box(component.ask().is_ok()));
    });
    if let Some(rego) = &task.rego {
        let mut rego = Rego::new(rego)?;
        agree(task, "regorus", rego.ask()?)?;
        group.bench_function("regorus", |bencher| {
            bencher.iter(|| black_box(rego.ask().is_ok()))
        });
    }
    if let Some(cedar) = &task.cedar {
        let cedar = Cedar::new(cedar)?;
        agree(task, "Cedar", cedar.ask())?;
        group.bench_function("Cedar", |bencher| bencher.iter(|| black_box(cedar.ask())));
    }
    if let Some(prolog) = prolog.filter(|_| !task.prolog.is_empty()) {
        prolog.load(task.id, &task.prolog)?;
        agree(task, "SWI-Prolog", prolog.holds(task)?)?;
        if let Some((ours, theirs)) = &task.counts {
            let counts = (
                native.count(ours)?,
                component.count(ours)?,
                prolog.count(task, theirs)?,
            );
            if counts.0 != counts.2 || counts.1 != counts.2 {
                return Err(Error::Unfit(format!("`{}`: {counts:?} answers", task.id)));
            }
        }
        let mut failure = None;
        group.bench_function("SWI-Prolog", |bencher| {
            bencher.iter_custom(|times| {
                prolog.run(task, times).unwrap_or_else(|error| {
                    failure = Some(error);
                    Duration::from_secs(1)
                })
            });
        });
        failure.map_or(Ok(()), Err)?;
    }
    group.finish();
    Ok(())
}

fn agree(task: &Task, who: &str, holds: bool) -> Result<(), Error> {
    if holds == task.holds {
        return Ok(());
    }
    Err(Error::Unfit(format!("`{}`: {who} says {holds}", task.id)))
}

/// From text to a knowledge base that can be asked, and its end.
fn load(
    criterion: &mut Criterion,
    engines: &assize::ComponentEngines,
    prolog: Option<&mut Prolog>,
) -> Result<Task, Error> {
    let facts = tasks::load_facts();
    let sources = source(&facts);
    let task = Task {
        id: "load",
        title: "loading 100,000 facts",
        ..Task::default()
    };
    let mut group = criterion.benchmark_group(task.id);
    group.sample_size(10);
    group.bench_function("native", |bencher| {
        bencher.iter(|| black_box(KnowledgeBase::load(&sources).is_ok()));
    });
    drop(engines.load_rules(&sources)?);
    group.bench_function("component", |bencher| {
        bencher.iter(|| black_box(engines.load_rules(&sources).is_ok()));
    });
    if let Some(prolog) = prolog {
        let program = format!(":- set_prolog_flag(double_quotes, atom).\n{facts}");
        prolog.load("facts", &program)?;
        let file = prolog.file("facts");
        let asked = Task {
            id: "load",
            prolog_goal: format!("load_files(facts:'{}', [silent(true)])", file.display()),
            ..Task::default()
        };
        group.bench_function("SWI-Prolog", |bencher| {
            bencher.iter_custom(|times| prolog.run(&asked, times).unwrap_or_default());
        });
    }
    group.finish();
    Ok(task)
}

/// What a hundred times as many rules cost.
fn ratio(results: &Results) -> Result<(), Error> {
    for column in assize_peers::table::COLUMNS {
        let ten = results.nanoseconds("rules10", column)?;
        let thousand = results.nanoseconds("rules1000", column)?;
        if let (Some(ten), Some(thousand)) = (ten, thousand) {
            println!("1,000 rules ÷ 10 rules, {column}: {:.2}", thousand / ten);
        }
    }
    Ok(())
}

fn two_threads(engines: &assize::ComponentEngines) -> Result<(), Error> {
    println!("\n| two threads ÷ one | native | component |\n|---|---|---|");
    let tasks = [tasks::recursion(), tasks::rbac()].map(|tasks| tasks.into_iter().next());
    for task in tasks.into_iter().flatten() {
        let native = threads::gain(|| Subject::native(&task), TURNS)?;
        let component = threads::gain(|| Subject::component(engines, &task), TURNS)?;
        println!("| {} | {native:.2} | {component:.2} |", task.title);
    }
    Ok(())
}
