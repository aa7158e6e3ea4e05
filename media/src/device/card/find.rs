//! Which sound cards there are, and which one is meant.

use cpal::{
    Device, Host,
    traits::{DeviceTrait, HostTrait},
};

use crate::device::{DeviceInfo, Direction};

/// A card that was found for a wish.
pub(super) struct Found {
    pub(super) device: Device,
    /// What the system calls it; two cards can have one name.
    pub(super) id: String,
    pub(super) name: String,
    /// The wish was for another one, which is not there.
    pub(super) missing: Option<String>,
}

/// The system's sound service.
pub(super) fn host() -> Host {
    cpal::default_host()
}

/// The card a user would mean by `name` (its name or its id), else the system's default.
pub(super) fn find(
    host: &Host,
    name: Option<&str>,
    direction: Direction,
) -> Result<Option<Found>, cpal::Error> {
    // Asked for even when a default is wanted: it is what fails when the sound service is gone.
    let devices = host.devices()?;
    if let Some(name) = name {
        for device in devices.filter(|device| is(device, direction)) {
            if label(&device) == name || id(&device) == name {
                return Ok(Some(found(device, None)));
            }
        }
    }
    let default = match direction {
        Direction::Input => host.default_input_device().filter(|device| !is_monitor(device)),
        Direction::Output => host.default_output_device(),
    };
    Ok(default.map(|device| found(device, name.map(str::to_owned))))
}

/// What a speaker plays, offered as a microphone: PulseAudio's default when there is no real one. Taken
/// by itself it would send the caller's own voice back.
fn is_monitor(device: &Device) -> bool {
    id(device).ends_with(".monitor")
}

/// Every card of the system, for a settings page. Can take a second; not for the media thread.
pub(in crate::device) fn list() -> Vec<DeviceInfo> {
    let host = host();
    let mut all = Vec::new();
    for direction in [Direction::Input, Direction::Output] {
        let default = match direction {
            Direction::Input => host.default_input_device(),
            Direction::Output => host.default_output_device(),
        };
        let default = default.as_ref().map(id);
        let Ok(devices) = host.devices() else { continue };
        all.extend(devices.filter(|device| is(device, direction)).map(|device| {
            let id = id(&device);
            DeviceInfo {
                name: label(&device),
                is_default: default.as_ref() == Some(&id),
                id,
                direction,
            }
        }));
    }
    all
}

fn found(device: Device, missing: Option<String>) -> Found {
    Found {
        id: id(&device),
        name: label(&device),
        device,
        missing,
    }
}

fn is(device: &Device, direction: Direction) -> bool {
    match direction {
        Direction::Input => device.supports_input(),
        Direction::Output => device.supports_output(),
    }
}

fn label(device: &Device) -> String {
    device
        .description()
        .map_or_else(|_| "unnamed device".to_owned(), |d| d.name().to_owned())
}

fn id(device: &Device) -> String {
    device
        .id()
        .map_or_else(|_| label(device), |id| id.id().to_owned())
}
