//! Pods, and what keeps one from working.

use serde_json::Value;

use super::condition::condition;
use super::{Readiness, text};

pub(super) fn pod(live: &Value) -> Readiness {
    match text(live, "/status/phase") {
        Some("Succeeded") => Readiness::Ready,
        Some("Failed") => Readiness::Failed(
            trouble(live)
                .or_else(|| text(live, "/status/message").map(str::to_owned))
                .or_else(|| text(live, "/status/reason").map(str::to_owned))
                .unwrap_or_else(|| "the pod has failed".into()),
        ),
        _ if condition(live, "Ready").is_some_and(|ready| ready.is_true()) => Readiness::Ready,
        _ => match trouble(live) {
            Some(why) if hopeless(live) => Readiness::Failed(why),
            Some(why) => Readiness::Progressing(why),
            None => Readiness::Progressing("not ready yet".into()),
        },
    }
}

/// What keeps a pod from being ready, in words an operator can use; `None` when nothing is wrong as far as one sees.
///
/// Looks at, in this order: whether a node takes it, what its containers wait for (with the image), how they ended, and
/// probes.
#[must_use]
pub fn trouble(pod: &Value) -> Option<String> {
    if let Some(scheduled) = condition(pod, "PodScheduled").filter(|it| it.is_false()) {
        return Some(format!("no node takes it ({})", scheduled.told()));
    }
    let mut unready = None;
    for status in containers(pod) {
        let name = text(status, "/name").unwrap_or("?");
        let image = text(status, "/image").unwrap_or("?");
        if let Some(waiting) = status.pointer("/state/waiting") {
            let reason = text(waiting, "/reason").unwrap_or("waiting");
            // The normal way up.
            if matches!(reason, "ContainerCreating" | "PodInitializing") {
                continue;
            }
            let mut why = format!("container {name} (image {image}): {reason}");
            if let Some(message) = text(waiting, "/message") {
                why.push_str(&format!(": {message}"));
            }
            if let Some(ended) = status.pointer("/lastState/terminated") {
                why.push_str(&format!("; it {}", ending(ended)));
            }
            return Some(why);
        }
        if let Some(ended) = status.pointer("/state/terminated")
            && ended.get("exitCode").and_then(Value::as_i64) != Some(0)
        {
            return Some(format!(
                "container {name} (image {image}) {}",
                ending(ended)
            ));
        }
        if status.pointer("/state/running").is_some()
            && status.get("ready") == Some(&Value::Bool(false))
            && unready.is_none()
        {
            unready = Some(format!(
                "container {name} runs, but its readiness probe has not succeeded"
            ));
        }
    }
    unready
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["/status/initContainerStatuses", "/status/containerStatuses"]
        .into_iter()
        .filter_map(|pointer| pod.pointer(pointer)?.as_array())
        .flatten()
}

fn ending(terminated: &Value) -> String {
    let code = terminated
        .get("exitCode")
        .and_then(Value::as_i64)
        .map_or("?".to_owned(), |code| code.to_string());
    let mut text_ = format!("ended with exit code {code}");
    if let Some(reason) = text(terminated, "/reason").filter(|reason| *reason != "Error") {
        text_.push_str(&format!(" ({reason})"));
    }
    if let Some(message) = text(terminated, "/message") {
        let last: Vec<&str> = message.trim().lines().rev().take(3).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        text_.push_str(&format!(": {}", last.join(" / ")));
    }
    text_
}

/// Reasons that waiting does not mend: it has been tried again already, or the text of the pod itself is wrong.
fn hopeless(pod: &Value) -> bool {
    containers(pod).any(|status| {
        matches!(
            text(status, "/state/waiting/reason"),
            Some("CrashLoopBackOff" | "InvalidImageName")
        )
    })
}
