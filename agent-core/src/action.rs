//! The table of actions: label, icon and default shortcut of everything a person can do by one key or
//! button. Faces look here, so that a button, its tooltip and its shortcut never disagree.

use crate::Action;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $label:literal, $full:literal, $icon:literal, $shortcut:expr;)+) => {
        $($(#[$doc])*
        pub const $name: Action = Action {
            id: $id, label: $label, name: $full, icon: $icon, shortcut: $shortcut,
        };)+

        /// Every action, in the order of the shortcut card.
        pub const ALL: &[Action] = &[$($name),+];
    };
}

actions! {
    /// Take the offered conversation.
    ACCEPT = "offer.accept", "Accept", "Accept the call", "phone", Some("Ctrl+Shift+A");
    /// Leave it to the queue.
    IGNORE = "offer.ignore", "Ignore", "Ignore the call", "phone-off", Some("Ctrl+Shift+I");
    /// End the conversation.
    HANG_UP = "call.hangup", "Hang up", "Hang up", "phone-off", Some("Ctrl+Shift+E");
    /// Put the peer on hold.
    HOLD = "call.hold", "Hold", "Hold", "pause", Some("Ctrl+Shift+H");
    /// Take the peer back; the same key.
    RESUME = "call.resume", "Resume", "Resume", "play", Some("Ctrl+Shift+H");
    /// Silence our microphone.
    MUTE = "call.mute", "Mute", "Mute microphone", "mic", Some("Ctrl+Shift+M");
    /// Speak again; the same key.
    UNMUTE = "call.unmute", "Unmute", "Unmute microphone", "mic-off", Some("Ctrl+Shift+M");
    /// Show or hide the keypad of the call.
    KEYPAD = "call.dtmf", "Keypad", "Keypad", "grip", Some("Ctrl+Shift+K");
    /// Take who has waited longest.
    TAKE_LONGEST = "queue.take", "Take longest waiting", "Take longest waiting", "phone-incoming", Some("Ctrl+Shift+Q");
    /// Hunt me.
    READY = "agent.ready", "Ready", "Ready", "user-check", Some("Ctrl+Shift+S");
    /// Do not; the same key.
    NOT_READY = "agent.not_ready", "Not ready", "Not ready", "user-x", Some("Ctrl+Shift+S");
    /// Go to the search field.
    SEARCH = "window.search", "Search", "Search", "search", Some("Ctrl+F");
    /// Open or leave the settings.
    SETTINGS = "window.settings", "Settings", "Settings", "settings", Some("Ctrl+,");
    /// Try the contact centre now instead of at the next planned moment.
    RECONNECT = "agent.reconnect", "Try now", "Try the contact centre now", "refresh-cw", None;
    /// Leave the contact centre.
    SIGN_OUT = "agent.sign_out", "Sign out", "Sign out", "log-out", None;
}
