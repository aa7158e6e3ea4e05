//! Date (RFC 3261 §20.17): `Sat, 13 Nov 2010 23:29:00 GMT`, GMT only.

use std::fmt;

use super::Typed;
use crate::wire::{SyntaxError, lex};

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds since 1970-01-01 00:00:00 GMT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub u64);

impl Typed for Date {
    const NAME: &'static str = "Date";
    const LIST: bool = false;

    fn parse(value: &str) -> Result<Self, SyntaxError> {
        let err = SyntaxError::new("Date", "is not like Sat, 13 Nov 2010 23:29:00 GMT");
        let words: Vec<_> = value.split_whitespace().collect();
        let [_, day, month, year, time, "GMT"] = words[..] else {
            return Err(err);
        };
        let month = MONTHS
            .iter()
            .position(|m| m.eq_ignore_ascii_case(month))
            .ok_or(err)? as u64
            + 1;
        let day: u64 = lex::number(day).filter(|d| (1..=31).contains(d)).ok_or(err)?;
        let year: u64 = lex::number(year)
            .filter(|y| (1970..=9999).contains(y))
            .ok_or(err)?;
        let clock: Vec<u64> = time
            .split(':')
            .map(|n| lex::number(n).ok_or(err))
            .collect::<Result<_, _>>()?;
        let [hour @ 0..=23, minute @ 0..=59, second @ 0..=60] = clock[..] else {
            return Err(err);
        };
        Ok(Self(
            days_from_civil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second,
        ))
    }
}

/// Days since 1970-01-01 in the Gregorian calendar, March first.
const fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let y = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719_468
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, clock) = (self.0 / 86_400, self.0 % 86_400);
        // Walk back from the estimate: at most one step.
        let shifted = days + 719_468;
        let era = shifted / 146_097;
        let day_of_era = shifted % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = (shifted_month + 2) % 12;
        let year = era * 400 + year_of_era + u64::from(month < 2);
        let name =
            |table: &[&'static str], n: u64| usize::try_from(n).ok().and_then(|n| table.get(n)).copied();
        let weekday = name(&DAYS, days % 7).unwrap_or_default();
        let month = name(&MONTHS, month).unwrap_or_default();
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        write!(
            f,
            "{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_round_trip_and_match_known_ones() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sat, 13 Nov 2010 23:29:00 GMT", 1_289_690_940),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Fri, 31 Dec 1999 23:59:59 GMT", 946_684_799),
        ] {
            assert_eq!(Date::parse(text).unwrap(), Date(seconds));
            assert_eq!(Date(seconds).to_string(), text);
        }
        for day in 0..60_000 {
            assert_eq!(
                Date::parse(&Date(day * 86_400).to_string()).unwrap(),
                Date(day * 86_400)
            );
        }
    }

    #[test]
    fn other_zones_and_nonsense_are_refused() {
        for bad in [
            "Fri, 01 Jan 2010 16:00:00 EST",
            "",
            "1 2 3",
            "Fri, 01 Foo 2010 16:00:00 GMT",
            "Fri, 01 Jan 2010 24:00:00 GMT",
        ] {
            assert!(Date::parse(bad).is_err(), "{bad}");
        }
    }
}
