//! Values with fixed handles, so that plugins can compare enumerations with constants.
//!
//! Append only: a value's handle is its position here, and handles are stored in plugin state. Enumerations
//! stay open: a value that is not listed gets a dynamic handle like any name.

/// Handles below this are reserved for [`VALUES`] and [`COUNTRIES`].
pub const FIRST_DYNAMIC: u32 = 4096;

/// First handle of [`COUNTRIES`].
pub const FIRST_COUNTRY: u32 = 2048;

/// Destination classes: ours, so that no other can come. Also in [`VALUES`], which gives them their handles.
pub const CLASSES: [&str; 11] = [
    "internal",
    "national",
    "mobile",
    "toll-free",
    "shared-cost",
    "premium",
    "international",
    "satellite",
    "short-code",
    "emergency",
    "invalid",
];

/// Known values; the handle of `VALUES[i]` is `i + 1`. Source: `reference/webex.md` section 3, and our own classes.
#[rustfmt::skip]
pub const VALUES: &[&str] = &[
    // Direction
    "ORIGINATING",
    "TERMINATING",
    // Call type
    "SIP_MEETING",
    "SIP_INTERNATIONAL",
    "SIP_SHORTCODE",
    "SIP_INBOUND",
    "UNKNOWN",
    "SIP_EMERGENCY",
    "SIP_PREMIUM",
    "SIP_ENTERPRISE",
    "SIP_TOLLFREE",
    "SIP_NATIONAL",
    "SIP_MOBILE",
    "SIP_URI",
    "SIP_OPERATOR",
    "SIP_CLICKTOCALL",
    // Destination class (ours)
    "internal",
    "national",
    "mobile",
    "toll-free",
    "shared-cost",
    "premium",
    "international",
    "satellite",
    "short-code",
    "emergency",
    "invalid",
    // Forwarding mode (ours)
    "always",
    "busy",
    "no-answer",
    "business-continuity",
    "selective",
    // Answer indicator
    "Yes",
    "No",
    "Yes-PostRedirection",
    // Releasing party
    "Local",
    "Remote",
    "Unknown",
    // Call outcome and reason
    "Success",
    "Refusal",
    "Failure",
    "Normal",
    "UserBusy",
    "NoAnswer",
    "CallRejected",
    "UnassignedNumber",
    "SIP408",
    "InternalRequestTimeout",
    "Q850102ServerTimeout",
    "NoUserResponse",
    "NoAnswerFromUser",
    "SIP480",
    "SIP487",
    "TemporarilyUnavailable",
    "AdminCallBlock",
    "UserCallBlock",
    "Unreachable",
    "LocalGatewayLoop",
    "UserAbsent",
    "DestinationOutOfOrder",
    "SIP501",
    "SIP503",
    "ProtocolError",
    "SIP606",
    "NoRouteToDestination",
    "Internal",
    "MaxConcurrentTerminatingAlertingRequestsExceeded",
    "RouteListCalls",
    // Original and redirect reason
    "Unconditional",
    "Deflection",
    "TimeOfDay",
    "FollowMe",
    "CallQueue",
    "HuntGroup",
    "Unavailable",
    "Unrecognized",
    "ImplicitId",
    // Related reason
    "ConsultativeTransfer",
    "CallForwardModeBased",
    "CallForwardSelective",
    "CallForwardAlways",
    "CallForwardNoAnswer",
    "CallForwardBusy",
    "CallForwardNotReachable",
    "CallPickup",
    "DirectedCallPickup",
    "CallPark",
    "CallParkRetrieve",
    "CallRetrieve",
    "FaxDeposit",
    "PushNotificationRetrieval",
    "BargeIn",
    "VoiceXMLScriptTermination",
    "AnywhereLocation",
    "AnywherePortal",
    "CallRecording",
    "Executive",
    "ExecutiveAssistantInitiateCall",
    "ExecutiveAssistantDivert",
    "ExecutiveForward",
    "ExecutiveAssistantCallPush",
    "Remote Office",
    "RoutePoint",
    "SequentialRing",
    "SimultaneousRingPersonal",
    "CCMonitoringBI",
    // User type
    "AutomatedAttendantVideo",
    "Anchor",
    "BroadworksAnywhere",
    "VoiceMailRetrieval",
    "LocalGateway",
    "GroupPaging",
    "User",
    "VoiceMailGroup",
    "CallCenterStandard",
    "CallCenterPremium",
    "VoiceXML",
    "Place",
    "VirtualLine",
    // Client type and sub type, operating system
    "SIP",
    "WXC_CLIENT",
    "WXC_THIRD_PARTY",
    "TEAMS_WXC_CLIENT",
    "WXC_DEVICE",
    "WXC_SIP_GW",
    "CISCO_SIP_GW",
    "MOBILE_NETWORK",
    "MOBILE_APP",
    "DESKTOP_APP",
    "windows",
    "mac",
    "ios",
    "android",
    // Queue and recording
    "CustomerAssist",
    "Webex",
    "DubberRecorder",
    "successful",
    "failed",
    "successful but not kept",
    "on-demand",
    "always-pause-resume",
    "on-demand-user-start",
    "call park",
    // Caller reputation
    "allow",
    "captcha-allow",
    "captcha-block",
    "block",
    // Emergency number source
    "ELIN Pool",
    "Workspace ELIN",
    "Workspace ELIN Fallback",
    "ECBN Fallback",
    "ECBN",
    // Event kind (ours)
    "call", "forwarding-change", "admin-change", "sign-in",
];

/// ISO 3166 alpha-2 codes with telephone numbers of their own, and `001` for world-wide ranges.
/// The handle of `COUNTRIES[i]` is `FIRST_COUNTRY + i`.
pub const COUNTRIES: &[&str] = &[
    "001", "AC", "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AX", "AZ",
    "BA", "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GT", "GU", "GW", "GY", "HK", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM",
    "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM", "KN", "KP",
    "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC",
    "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT", "MU", "MV",
    "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ", "OM",
    "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS",
    "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR",
    "SS", "ST", "SV", "SX", "SY", "SZ", "TA", "TC", "TD", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO",
    "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU",
    "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
];

/// Handle of a well-known value or country code, for constants: `handle("SIP_PREMIUM")`.
///
/// # Panics
/// If the value is not listed: a typing mistake in our own code.
pub const fn handle(value: &str) -> u32 {
    let mut i = 0;
    while i < VALUES.len() {
        if equal(VALUES[i].as_bytes(), value.as_bytes()) {
            return i as u32 + 1;
        }
        i += 1;
    }
    let mut i = 0;
    while i < COUNTRIES.len() {
        if equal(COUNTRIES[i].as_bytes(), value.as_bytes()) {
            return FIRST_COUNTRY + i as u32;
        }
        i += 1;
    }
    panic!("not a well-known value")
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// All reserved values with their handles.
pub fn all() -> impl Iterator<Item = (u32, &'static str)> {
    let values = VALUES.iter().enumerate().map(|(i, v)| (i as u32 + 1, *v));
    let countries = COUNTRIES.iter().enumerate().map(|(i, c)| (FIRST_COUNTRY + i as u32, *c));
    values.chain(countries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_a_known_value() {
        assert!(CLASSES.iter().all(|class| VALUES.contains(class)));
    }

    #[test]
    fn values_are_unique_and_fit_their_range() {
        let mut seen = std::collections::HashSet::new();
        assert!(all().all(|(_, v)| seen.insert(v)));
        assert!((VALUES.len() as u32) < FIRST_COUNTRY);
        assert!(FIRST_COUNTRY + (COUNTRIES.len() as u32) < FIRST_DYNAMIC);
    }

    #[test]
    fn constants_agree_with_the_listing() {
        const PREMIUM: u32 = handle("premium");
        assert!(all().any(|(h, v)| h == PREMIUM && v == "premium"));
        assert_eq!(handle("AC"), FIRST_COUNTRY + 1);
    }
}
