//! `ringfence policy reload` and `rollback`: asked of the service that runs, wherever that is.
//!
//! Owns telling whether anybody is there, and what is done if not. The request is a row in the database; the process that
//! evaluates answers it.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::history::lines;
use super::{ReloadArgs, RollbackArgs, as_json, no, runtime, sources, user};
use crate::cli::output::{harmless, print};
use crate::cli::session::{Session, with_store};
use crate::cli::{CliError, CliResult, Format, Global};
use crate::policy::{self, Diff, PolicyError, Refused, Sources, stored};
use crate::store::{Lease, Wanted};

/// How often the answer is looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long the beat of the process that evaluates may stand still: longer than it takes for another to take over.
const SILENCE: Duration = Duration::from_secs(6);
/// Longest wait for an answer: a change waits for the end of a stretch, a million records at most.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why there is no answer.
enum Unanswered {
    /// Nobody evaluates.
    NoService,
    /// Somebody does, but takes too long.
    Slow,
}

pub(super) fn reload(args: &ReloadArgs, global: &Global) -> CliResult {
    with_store("policy reload", global, async |session| {
        match ask(session, Wanted::Reload, &user(None), "").await? {
            Ok(answer) => tell(&answer, args.format),
            Err(Unanswered::Slow) => Err(slow()),
            Err(Unanswered::NoService) => {
                let sources = sources(global, args.plugins.as_deref());
                let refused = check(session, &sources, global).await?;
                refused.iter().for_each(|r| eprint!("{}", r.excerpt));
                let verdict = match refused.len() {
                    0 => "the files are in order and take effect with the next 'ringfence run'".to_owned(),
                    n => format!("{n} of the files here would be refused"),
                };
                Err(CliError::Environment(format!("no service is running on this database; {verdict}")))
            }
        }
    })
}

/// What would be refused of the files here.
async fn check(session: &Session, sources: &Sources, global: &Global) -> Result<Vec<Refused>, CliError> {
    let last = stored::last_good(&session.store).await?;
    let runtime = runtime(global)?;
    let policy = policy::load(sources, &runtime, &last).map_err(CliError::from)?;
    Ok(policy.refused)
}

pub(super) fn rollback(args: &RollbackArgs, global: &Global) -> CliResult {
    with_store("policy rollback", global, async |session| {
        let wanted = args.generation;
        if session.store.generation(Some(wanted)).await?.is_none() {
            return Err(CliError::Usage(format!(
                "no policy {wanted} has been in force; 'ringfence policy history' lists those that have"
            )));
        }
        let by = user(args.by.as_ref());
        match ask(session, Wanted::Rollback { generation: wanted }, &by, &args.reason).await? {
            Ok(answer) => {
                let code = tell(&answer, args.format)?;
                if answer["outcome"] == "changed" {
                    eprintln!(
                        "it holds until a file of the policy changes on disk: mend or revert the files as well"
                    );
                }
                Ok(code)
            }
            Err(Unanswered::Slow) => Err(slow()),
            Err(Unanswered::NoService) => here(args, &by, session, global).await,
        }
    })
}

/// Nobody evaluates, so nobody need be asked.
async fn here(args: &RollbackArgs, by: &str, session: &Session, global: &Global) -> CliResult {
    let sources = sources(global, args.plugins.as_deref());
    let runtime = runtime(global)?;
    let done =
        policy::keeper::roll_back(&session.store, &runtime, &sources, args.generation, by, &args.reason);
    match done.await? {
        Ok(number) => {
            eprintln!(
                "no service is running: generation {number} is stored and in force with the next 'ringfence run', \
                 unless a file of the policy changes until then"
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(reason) => Err(CliError::Usage(reason)),
    }
}

/// Asks, and waits for the answer.
async fn ask(
    session: &Session,
    wanted: Wanted,
    by: &str,
    reason: &str,
) -> Result<Result<Value, Unanswered>, CliError> {
    let store = &session.store;
    let mut seen: Option<Lease> = store.lease().await?;
    if seen.as_ref().is_none_or(|lease| lease.holder.is_empty()) {
        return Ok(Err(Unanswered::NoService));
    }
    let id = store.ask_policy(wanted, by, reason).await?;
    let asked = Instant::now();
    let mut moved = Instant::now();
    let unanswered = loop {
        tokio::time::sleep(LOOK).await;
        if let Some(answer) = store.policy_answer(id).await? {
            return Ok(Ok(answer));
        }
        let now = store.lease().await?;
        if now != seen {
            (seen, moved) = (now, Instant::now());
        }
        if moved.elapsed() > SILENCE {
            break Unanswered::NoService;
        }
        if asked.elapsed() > PATIENCE {
            break Unanswered::Slow;
        }
    };
    // Nobody may take it later, when whoever asked has gone.
    store.answer_policy(id, &serde_json::json!({ "outcome": "withdrawn" })).await?;
    match store.policy_answer(id).await? {
        Some(answer) if answer["outcome"] != "withdrawn" => Ok(Ok(answer)),
        _ => Ok(Err(unanswered)),
    }
}

fn slow() -> CliError {
    CliError::Environment(format!(
        "the service has not answered within {} s; the request is withdrawn: see its log, and try again",
        PATIENCE.as_secs()
    ))
}

/// Prints the answer. "No" if something was refused.
fn tell(answer: &Value, format: Format) -> CliResult {
    let refused = answer["refused"].as_array().map(Vec::as_slice).unwrap_or_default();
    if format == Format::Table {
        let generation = &answer["generation"];
        let summary = harmless(answer["summary"].as_str().unwrap_or_default());
        match answer["outcome"].as_str() {
            Some("changed") => {
                let diff: Diff = serde_json::from_value(answer["diff"].clone()).unwrap_or_default();
                print(&format!("generation {generation} is in force: {summary}\n{}", lines(&diff)))?;
            }
            Some("unchanged") => {
                print(&format!("nothing has changed; generation {generation} stays in force\n"))?
            }
            _ => {
                let reason = harmless(answer["reason"].as_str().unwrap_or("for an unknown reason"));
                eprintln!("the policy in force stays: {reason}");
            }
        }
        for file in refused {
            let text = |key: &str| harmless(file[key].as_str().unwrap_or_default()).into_owned();
            let kept = if file["kept"] == true {
                "the last good one stays in force"
            } else {
                "nothing of it is in force"
            };
            eprintln!("refused: {}: {}; {kept}", text("file"), text("reason"));
        }
    } else {
        print(&as_json(answer, format)?)?;
    }
    let is_fine = refused.is_empty() && matches!(answer["outcome"].as_str(), Some("changed" | "unchanged"));
    Ok(if is_fine { ExitCode::SUCCESS } else { no() })
}

impl From<PolicyError> for CliError {
    fn from(error: PolicyError) -> CliError {
        match error {
            PolicyError::Config(reason) => CliError::Usage(reason),
            PolicyError::Runtime(error) => CliError::Environment(error.to_string()),
        }
    }
}
