//! What a language model answers.

/// An answer of a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text; may be empty.
    pub text: String,
    /// Why it ended; none: the server did not say.
    pub finish: Option<FinishReason>,
    /// What it took, as the server counts.
    pub usage: Usage,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The bound on tokens was reached: the text is not whole.
    Length,
    /// The provider's filter or the model itself refused.
    Filter,
    /// Another reason, such as a call of a tool.
    Other,
}

impl FinishReason {
    /// Its name in the answers of this project.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Filter => "filter",
            Self::Other => "other",
        }
    }
}

/// Tokens, as the server counts them; none: it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of what was sent.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer; none for embeddings.
    pub output_tokens: Option<u64>,
}

impl Usage {
    /// What is said later counts; what is not said stays.
    pub(crate) fn update(&mut self, later: Self) {
        self.input_tokens = later.input_tokens.or(self.input_tokens);
        self.output_tokens = later.output_tokens.or(self.output_tokens);
    }
}

/// A step of an answer that comes in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompletionEvent {
    /// The next piece of the text; never empty.
    Text(String),
    /// The end, with the whole answer once more.
    Done(Completion),
}
