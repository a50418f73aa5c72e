//! What travels: one JSON object a line.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// A message with its addresses. `body.type` says what it is; `body.msg_id` numbers it among its
/// sender's, and `body.in_reply_to` is the number of the message that it answers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// The sender: `n0` for a node, `c0` for a client, the name of a service.
    pub src: String,
    /// The addressee.
    pub dest: String,
    /// Everything else.
    pub body: Json,
}

impl Envelope {
    /// The type of the body; empty if it has none.
    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }

    /// The number of the message that this one answers.
    pub fn answers(&self) -> Option<u64> {
        self.body["in_reply_to"].as_u64()
    }

    /// The answer to this message, with this body.
    pub fn answer(&self, mut body: Json) -> Envelope {
        body["in_reply_to"] = self.body["msg_id"].clone();
        Envelope { src: self.dest.clone(), dest: self.src.clone(), body }
    }

    /// The answer that something went wrong.
    pub fn refuse(&self, code: Code, text: &str) -> Envelope {
        self.answer(json!({ "type": "error", "code": code as u64, "text": text }))
    }
}

/// Maelstrom's error codes that are used here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Code {
    /// The request may or may not have taken effect.
    Timeout = 0,
    /// This node does not know such a request.
    NotSupported = 10,
    /// It cannot be done now; it has not taken effect.
    Unavailable = 11,
    /// The request makes no sense.
    Malformed = 12,
    /// There is no such key.
    NoKey = 20,
    /// The key holds another value.
    Precondition = 22,
    /// The transaction met another; it has not taken effect.
    Conflict = 30,
}

/// Whether an error says for certain that the request has not taken effect.
pub fn is_definite(code: u64) -> bool {
    matches!(code, 1 | 10 | 11 | 12 | 14 | 20 | 21 | 22 | 30)
}
