//! Telephone numbers, and the names of states, sizes and vehicles.

use doorstep_domain::dispatch::{PackageSize, Phone, PhoneError, Status, Vehicle};

#[test]
fn telephone_numbers_are_e164() {
    let cases = [
        ("+14155550123", Ok("+14155550123")),
        (" +1 (415) 555-0123 ", Ok("+14155550123")),
        ("+49.30.1234567", Ok("+49301234567")),
        ("4155550123", Err(PhoneError::NoCountry)),
        ("+0415555012", Err(PhoneError::NoCountry)),
        ("", Err(PhoneError::NoCountry)),
        ("+123456", Err(PhoneError::Length(6))),
        ("+1234567890123456", Err(PhoneError::Length(16))),
        ("+1415555012x", Err(PhoneError::Character('x'))),
        ("+١٢٣٤٥٦٧٨", Err(PhoneError::Character('١'))),
    ];
    for (text, expected) in cases {
        let read = text.parse::<Phone>();
        assert_eq!(read.as_ref().map(Phone::as_str), expected.as_ref().copied(), "{text:?}");
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
        let json = serde_json::to_string(&status).expect("JSON");
        assert_eq!(json, format!("{:?}", status.as_str()));
    }
    for size in PackageSize::ALL {
        assert_eq!(size.as_str().parse(), Ok(size));
        assert_eq!(serde_json::to_string(&size).ok(), Some(format!("{:?}", size.as_str())));
    }
    for vehicle in Vehicle::ALL {
        assert_eq!(vehicle.as_str().parse(), Ok(vehicle));
        assert_eq!(serde_json::to_string(&vehicle).ok(), Some(format!("{:?}", vehicle.as_str())));
    }
    assert!("Requested".parse::<Status>().is_err());
}
