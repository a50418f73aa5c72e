//! What answers must look like. Maelstrom takes the fields that it asks for and no others, so an
//! answer that passes here passes there.

use serde_json::Value as Json;

use super::Workload;

/// Whether this answers this request as Maelstrom wants it.
///
/// # Errors
/// What is wrong with it.
pub(super) fn of_answer(workload: Workload, request: &Json, answer: &Json) -> Result<(), String> {
    let asked = request["type"].as_str().unwrap_or_default();
    let fields: &[&str] = match asked {
        "echo" => &["echo"],
        "generate" => &["id"],
        "read" if !request["key"].is_null() => &["value"],
        "read" if workload == Workload::Broadcast => &["messages"],
        "read" => &["value"],
        "txn" => &["txn"],
        "send" => &["offset"],
        "poll" => &["msgs"],
        "list_committed_offsets" => &["offsets"],
        _ => &[],
    };
    let expected = format!("{asked}_ok");
    if answer["type"] != expected {
        return Err(format!("answered {asked} with {answer}: its type must be {expected}"));
    }
    if let Some(field) = fields.iter().find(|&&field| answer.get(field).is_none()) {
        return Err(format!("answered {asked} with {answer}: it lacks the field {field:?}"));
    }
    let known =
        |name: &str| ["type", "msg_id", "in_reply_to"].contains(&name) || fields.contains(&name);
    let strange = answer.as_object().and_then(|body| body.keys().find(|name| !known(name)));
    match strange {
        None => Ok(()),
        Some(name) => Err(format!(
            "answered {asked} with {answer}: Maelstrom takes no answer with the field {name:?}"
        )),
    }
}
