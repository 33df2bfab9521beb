//! What is asked of a language model.

use crate::settings::ModelSettings;

/// The largest request, in bytes of text over all messages.
pub const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// Its name in both protocols.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said; not blank.
    pub content: String,
}

/// What a language model is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// What the model is told about its task; none or not blank.
    pub system: Option<String>,
    /// The turns so far, at least one, the oldest first.
    pub messages: Vec<Message>,
    /// The most tokens of the answer, at most as many as the setting says; none: as many.
    pub max_tokens: Option<u32>,
    /// 0 to 2, with `anthropic` to 1; none: as the setting says.
    pub temperature: Option<f64>,
}

/// What can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct RequestError {
    /// Where, as in `messages[0].content`.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl RequestError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }
}

impl ChatRequest {
    /// One question.
    #[must_use]
    pub fn user(prompt: impl Into<String>) -> Self {
        Self {
            system: None,
            messages: vec![Message {
                role: Role::User,
                content: prompt.into(),
            }],
            max_tokens: None,
            temperature: None,
        }
    }

    /// Checks everything that the settings let tell.
    ///
    /// # Errors
    ///
    /// The first field that can't be asked.
    pub fn check(&self, settings: &ModelSettings) -> Result<(), RequestError> {
        let is_blank = |text: &String| text.trim().is_empty();
        if self.system.as_ref().is_some_and(is_blank) {
            return Err(RequestError::new("system", "must not be blank"));
        }
        if self.messages.is_empty() {
            return Err(RequestError::new("messages", "must not be empty"));
        }
        let blank = self.messages.iter().position(|one| is_blank(&one.content));
        if let Some(index) = blank {
            let field = format!("messages[{index}].content");
            return Err(RequestError::new(field, "must not be blank"));
        }
        let contents = self.messages.iter().map(|message| &message.content);
        let texts = contents.chain(&self.system);
        if texts.map(String::len).sum::<usize>() > MAX_REQUEST_BYTES {
            let problem = format!("must have at most {MAX_REQUEST_BYTES} bytes");
            return Err(RequestError::new("messages", problem));
        }
        let most = settings.max_tokens;
        if let Some(tokens) = self.max_tokens.filter(|n| !(1..=most).contains(n)) {
            let problem = format!("must be 1 to {most}, not {tokens}");
            return Err(RequestError::new("max_tokens", problem));
        }
        let highest = settings.provider.max_temperature();
        if let Some(temperature) = self.temperature.filter(|t| !(0.0..=highest).contains(t)) {
            let problem = format!("must be 0 to {highest}, not {temperature}");
            return Err(RequestError::new("temperature", problem));
        }
        Ok(())
    }
}
