//! The icons in `fonts/Lucide.ttf` (lucide.dev). Written by `make-fonts.py`; do not edit.

/// One icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// `arrow-left-right`.
    ArrowLeftRight,
    /// `arrow-up-down`.
    ArrowUpDown,
    /// `audio-lines`.
    AudioLines,
    /// `bell`.
    Bell,
    /// `bell-off`.
    BellOff,
    /// `briefcase`.
    Briefcase,
    /// `calendar-days`.
    CalendarDays,
    /// `check`.
    Check,
    /// `chevron-down`.
    ChevronDown,
    /// `chevron-right`.
    ChevronRight,
    /// `circle-alert`.
    CircleAlert,
    /// `circle-check`.
    CircleCheck,
    /// `circle-pause`.
    CirclePause,
    /// `circle-stop`.
    CircleStop,
    /// `circle-x`.
    CircleX,
    /// `clock`.
    Clock,
    /// `delete`.
    Delete,
    /// `ellipsis`.
    Ellipsis,
    /// `external-link`.
    ExternalLink,
    /// `eye`.
    Eye,
    /// `eye-off`.
    EyeOff,
    /// `file-text`.
    FileText,
    /// `folder`.
    Folder,
    /// `grip`.
    Grip,
    /// `headphones`.
    Headphones,
    /// `history`.
    History,
    /// `hourglass`.
    Hourglass,
    /// `inbox`.
    Inbox,
    /// `info`.
    Info,
    /// `keyboard`.
    Keyboard,
    /// `list`.
    List,
    /// `lock`.
    Lock,
    /// `log-in`.
    LogIn,
    /// `log-out`.
    LogOut,
    /// `mail`.
    Mail,
    /// `maximize-2`.
    Maximize2,
    /// `message-square`.
    MessageSquare,
    /// `mic`.
    Mic,
    /// `mic-off`.
    MicOff,
    /// `minimize-2`.
    Minimize2,
    /// `monitor`.
    Monitor,
    /// `moon`.
    Moon,
    /// `pause`.
    Pause,
    /// `pencil`.
    Pencil,
    /// `phone`.
    Phone,
    /// `phone-call`.
    PhoneCall,
    /// `phone-incoming`.
    PhoneIncoming,
    /// `phone-missed`.
    PhoneMissed,
    /// `phone-off`.
    PhoneOff,
    /// `phone-outgoing`.
    PhoneOutgoing,
    /// `play`.
    Play,
    /// `plus`.
    Plus,
    /// `power`.
    Power,
    /// `refresh-cw`.
    RefreshCw,
    /// `search`.
    Search,
    /// `server`.
    Server,
    /// `settings`.
    Settings,
    /// `star`.
    Star,
    /// `sticky-note`.
    StickyNote,
    /// `sun`.
    Sun,
    /// `tag`.
    Tag,
    /// `timer`.
    Timer,
    /// `triangle-alert`.
    TriangleAlert,
    /// `unplug`.
    Unplug,
    /// `user`.
    User,
    /// `user-check`.
    UserCheck,
    /// `user-plus`.
    UserPlus,
    /// `user-x`.
    UserX,
    /// `users`.
    Users,
    /// `voicemail`.
    Voicemail,
    /// `volume-2`.
    Volume2,
    /// `volume-x`.
    VolumeX,
    /// `wifi`.
    Wifi,
    /// `wifi-off`.
    WifiOff,
    /// `x`.
    X,
}

impl Icon {
    /// Every icon.
    pub const ALL: &[Self] = &[
        Self::ArrowLeftRight,
        Self::ArrowUpDown,
        Self::AudioLines,
        Self::Bell,
        Self::BellOff,
        Self::Briefcase,
        Self::CalendarDays,
        Self::Check,
        Self::ChevronDown,
        Self::ChevronRight,
        Self::CircleAlert,
        Self::CircleCheck,
        Self::CirclePause,
        Self::CircleStop,
        Self::CircleX,
        Self::Clock,
        Self::Delete,
        Self::Ellipsis,
        Self::ExternalLink,
        Self::Eye,
        Self::EyeOff,
        Self::FileText,
        Self::Folder,
        Self::Grip,
        Self::Headphones,
        Self::History,
        Self::Hourglass,
        Self::Inbox,
        Self::Info,
        Self::Keyboard,
        Self::List,
        Self::Lock,
        Self::LogIn,
        Self::LogOut,
        Self::Mail,
        Self::Maximize2,
        Self::MessageSquare,
        Self::Mic,
        Self::MicOff,
        Self::Minimize2,
        Self::Monitor,
        Self::Moon,
        Self::Pause,
        Self::Pencil,
        Self::Phone,
        Self::PhoneCall,
        Self::PhoneIncoming,
        Self::PhoneMissed,
        Self::PhoneOff,
        Self::PhoneOutgoing,
        Self::Play,
        Self::Plus,
        Self::Power,
        Self::RefreshCw,
        Self::Search,
        Self::Server,
        Self::Settings,
        Self::Star,
        Self::StickyNote,
        Self::Sun,
        Self::Tag,
        Self::Timer,
        Self::TriangleAlert,
        Self::Unplug,
        Self::User,
        Self::UserCheck,
        Self::UserPlus,
        Self::UserX,
        Self::Users,
        Self::Voicemail,
        Self::Volume2,
        Self::VolumeX,
        Self::Wifi,
        Self::WifiOff,
        Self::X,
    ];

    /// The character that draws it in the Lucide font.
    pub const fn glyph(self) -> char {
        match self {
            Self::ArrowLeftRight => '\u{e24a}',
            Self::ArrowUpDown => '\u{e37d}',
            Self::AudioLines => '\u{e55a}',
            Self::Bell => '\u{e059}',
            Self::BellOff => '\u{e05a}',
            Self::Briefcase => '\u{e062}',
            Self::CalendarDays => '\u{e2b9}',
            Self::Check => '\u{e06c}',
            Self::ChevronDown => '\u{e06d}',
            Self::ChevronRight => '\u{e06f}',
            Self::CircleAlert => '\u{e077}',
            Self::CircleCheck => '\u{e226}',
            Self::CirclePause => '\u{e07f}',
            Self::CircleStop => '\u{e083}',
            Self::CircleX => '\u{e084}',
            Self::Clock => '\u{e087}',
            Self::Delete => '\u{e0ae}',
            Self::Ellipsis => '\u{e0b6}',
            Self::ExternalLink => '\u{e0b9}',
            Self::Eye => '\u{e0ba}',
            Self::EyeOff => '\u{e0bb}',
            Self::FileText => '\u{e0cc}',
            Self::Folder => '\u{e0d7}',
            Self::Grip => '\u{e3b1}',
            Self::Headphones => '\u{e0f1}',
            Self::History => '\u{e1f5}',
            Self::Hourglass => '\u{e296}',
            Self::Inbox => '\u{e0f7}',
            Self::Info => '\u{e0f9}',
            Self::Keyboard => '\u{e284}',
            Self::List => '\u{e106}',
            Self::Lock => '\u{e10b}',
            Self::LogIn => '\u{e10d}',
            Self::LogOut => '\u{e10e}',
            Self::Mail => '\u{e10f}',
            Self::Maximize2 => '\u{e113}',
            Self::MessageSquare => '\u{e117}',
            Self::Mic => '\u{e118}',
            Self::MicOff => '\u{e119}',
            Self::Minimize2 => '\u{e11b}',
            Self::Monitor => '\u{e11d}',
            Self::Moon => '\u{e11e}',
            Self::Pause => '\u{e12e}',
            Self::Pencil => '\u{e1f9}',
            Self::Phone => '\u{e133}',
            Self::PhoneCall => '\u{e134}',
            Self::PhoneIncoming => '\u{e136}',
            Self::PhoneMissed => '\u{e137}',
            Self::PhoneOff => '\u{e138}',
            Self::PhoneOutgoing => '\u{e139}',
            Self::Play => '\u{e13c}',
            Self::Plus => '\u{e13d}',
            Self::Power => '\u{e140}',
            Self::RefreshCw => '\u{e145}',
            Self::Search => '\u{e151}',
            Self::Server => '\u{e153}',
            Self::Settings => '\u{e154}',
            Self::Star => '\u{e176}',
            Self::StickyNote => '\u{e303}',
            Self::Sun => '\u{e178}',
            Self::Tag => '\u{e17f}',
            Self::Timer => '\u{e1e0}',
            Self::TriangleAlert => '\u{e193}',
            Self::Unplug => '\u{e45d}',
            Self::User => '\u{e19f}',
            Self::UserCheck => '\u{e1a0}',
            Self::UserPlus => '\u{e1a2}',
            Self::UserX => '\u{e1a3}',
            Self::Users => '\u{e1a4}',
            Self::Voicemail => '\u{e1a8}',
            Self::Volume2 => '\u{e1ab}',
            Self::VolumeX => '\u{e1ac}',
            Self::Wifi => '\u{e1ae}',
            Self::WifiOff => '\u{e1af}',
            Self::X => '\u{e1b2}',
        }
    }

    /// The Lucide name, as an action carries it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ArrowLeftRight => "arrow-left-right",
            Self::ArrowUpDown => "arrow-up-down",
            Self::AudioLines => "audio-lines",
            Self::Bell => "bell",
            Self::BellOff => "bell-off",
            Self::Briefcase => "briefcase",
            Self::CalendarDays => "calendar-days",
            Self::Check => "check",
            Self::ChevronDown => "chevron-down",
            Self::ChevronRight => "chevron-right",
            Self::CircleAlert => "circle-alert",
            Self::CircleCheck => "circle-check",
            Self::CirclePause => "circle-pause",
            Self::CircleStop => "circle-stop",
            Self::CircleX => "circle-x",
            Self::Clock => "clock",
            Self::Delete => "delete",
            Self::Ellipsis => "ellipsis",
            Self::ExternalLink => "external-link",
            Self::Eye => "eye",
            Self::EyeOff => "eye-off",
            Self::FileText => "file-text",
            Self::Folder => "folder",
            Self::Grip => "grip",
            Self::Headphones => "headphones",
            Self::History => "history",
            Self::Hourglass => "hourglass",
            Self::Inbox => "inbox",
            Self::Info => "info",
            Self::Keyboard => "keyboard",
            Self::List => "list",
            Self::Lock => "lock",
            Self::LogIn => "log-in",
            Self::LogOut => "log-out",
            Self::Mail => "mail",
            Self::Maximize2 => "maximize-2",
            Self::MessageSquare => "message-square",
            Self::Mic => "mic",
            Self::MicOff => "mic-off",
            Self::Minimize2 => "minimize-2",
            Self::Monitor => "monitor",
            Self::Moon => "moon",
            Self::Pause => "pause",
            Self::Pencil => "pencil",
            Self::Phone => "phone",
            Self::PhoneCall => "phone-call",
            Self::PhoneIncoming => "phone-incoming",
            Self::PhoneMissed => "phone-missed",
            Self::PhoneOff => "phone-off",
            Self::PhoneOutgoing => "phone-outgoing",
            Self::Play => "play",
            Self::Plus => "plus",
            Self::Power => "power",
            Self::RefreshCw => "refresh-cw",
            Self::Search => "search",
            Self::Server => "server",
            Self::Settings => "settings",
            Self::Star => "star",
            Self::StickyNote => "sticky-note",
            Self::Sun => "sun",
            Self::Tag => "tag",
            Self::Timer => "timer",
            Self::TriangleAlert => "triangle-alert",
            Self::Unplug => "unplug",
            Self::User => "user",
            Self::UserCheck => "user-check",
            Self::UserPlus => "user-plus",
            Self::UserX => "user-x",
            Self::Users => "users",
            Self::Voicemail => "voicemail",
            Self::Volume2 => "volume-2",
            Self::VolumeX => "volume-x",
            Self::Wifi => "wifi",
            Self::WifiOff => "wifi-off",
            Self::X => "x",
        }
    }

    /// The icon of a Lucide name, when it is bundled.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|icon| icon.name() == name)
    }
}
