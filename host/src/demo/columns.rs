//! The columns of a call record: their spelling in live JSON and in the Control Hub report.
//!
//! Owns order and spelling (reference/webex.md, sections 3 and 4). Does not own values.

macro_rules! columns {
    ($( $name:ident $key:literal $header:literal $empty:ident; )*) => {
        /// A column, in the order of the report of 2026; the last four are in live JSON only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "some columns are always empty in the demo")]
        #[repr(usize)]
        pub(super) enum Column { $( $name, )* }

        /// The columns in order.
        pub(super) const COLUMNS: &[ColumnText] = &[
            $( ColumnText { key: $key, header: $header, empty: Empty::$empty }, )*
        ];
    };
}

/// What an unused column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// Nothing in both.
    None,
    /// `NA` in the report, nothing in JSON.
    Na,
    /// `NA` in both.
    Both,
    /// A number, never empty; not quoted in JSON.
    Num,
}

/// Spelling of one column.
#[derive(Debug)]
pub(super) struct ColumnText {
    pub(super) key: &'static str,
    pub(super) header: &'static str,
    pub(super) empty: Empty,
}

/// How many of the columns the report has.
pub(super) const REPORT_COLUMNS: usize = 83;

columns! {
    StartTime "Start time" "Start time" None;
    AnswerTime "Answer time" "Answer time" Na;
    Duration "Duration" "Duration" Num;
    CallingNumber "Calling number" "Calling number" Na;
    CalledNumber "Called number" "Called number" Na;
    User "User" "User" Na;
    CallingLineId "Calling line ID" "Calling line ID" Both;
    CalledLineId "Called line ID" "Called line ID" Both;
    CorrelationId "Correlation ID" "Correlation ID" None;
    Location "Location" "Location" None;
    InboundTrunk "Inbound trunk" "Inbound trunk" Na;
    OutboundTrunk "Outbound trunk" "Outbound trunk" Na;
    RouteGroup "Route group" "Route group" Na;
    Direction "Direction" "Direction" None;
    CallType "Call type" "Call type" None;
    ClientType "Client type" "Client type" None;
    ClientVersion "Client version" "Client version" Na;
    SubClientType "Sub client type" "Sub client type" Na;
    OsType "OS type" "OS type" None;
    DeviceMac "Device MAC" "Device Mac" Na;
    Model "Model" "Model" Na;
    Answered "Answered" "Answered" None;
    InternationalCountry "International country" "International Country" Na;
    OriginalReason "Original reason" "Original reason" Na;
    RelatedReason "Related reason" "Related reason" Na;
    RedirectReason "Redirect reason" "Redirect reason" Na;
    SiteMainNumber "Site main number" "Site main number" None;
    SiteTimezone "Site timezone" "Site timezone" None;
    UserType "User type" "User type" None;
    CallId "Call ID" "Call ID" Na;
    LocalSession "Local SessionID" "Local SessionID" Na;
    RemoteSession "Remote SessionID" "Remote SessionID" Na;
    UserUuid "User UUID" "User UUID" Na;
    OrgUuid "Org UUID" "Org UUID" None;
    ReportId "Report ID" "Report ID" None;
    DepartmentId "Department ID" "Department ID" Na;
    SiteUuid "Site UUID" "Site UUID" None;
    ReleasingParty "Releasing party" "Releasing party" None;
    RedirectingNumber "Redirecting number" "Redirecting number" Na;
    TransferRelatedCallId "Transfer related call ID" "Transfer related call ID" Na;
    DialedDigits "Dialed digits" "Dialed digits" Na;
    AuthorizationCode "Authorization code" "Authorization code" Na;
    CallTransferTime "Call transfer time" "Call transfer time" Na;
    UserNumber "User number" "User number" Na;
    LocalCallId "Local call ID" "Local call ID" None;
    RemoteCallId "Remote call ID" "Remote call ID" Na;
    NetworkCallId "Network call ID" "Network call ID" Na;
    RelatedCallId "Related call ID" "Related call ID" Na;
    CallOutcome "Call outcome" "Call outcome" None;
    CallOutcomeReason "Call outcome reason" "Call outcome reason" None;
    FinalLocalSession "Final local SessionID" "Final local sessionID" Na;
    FinalRemoteSession "Final remote SessionID" "Final remote sessionID" Na;
    AnswerIndicator "Answer indicator" "Answer Indicator" None;
    RingDuration "Ring duration" "Ring duration" None;
    ReleaseTime "Release time" "Release time" None;
    ReportTime "Report time" "Report time" None;
    PstnVendorName "PSTN vendor name" "PSTN vendor name" Na;
    PstnLegalEntity "PSTN legal entity" "PSTN legal entity" Na;
    PstnVendorOrgId "PSTN vendor org ID" "PSTN vendor Org ID" Na;
    PstnProviderId "PSTN provider ID" "PSTN provider ID" Na;
    CallerIdNumber "Caller ID number" "Caller ID number" Na;
    ExternalCallerIdNumber "External caller ID number" "External caller ID number" Na;
    DeviceOwnerUuid "Device owner UUID" "Device owner UUID" Na;
    RecordingPlatform "Call Recording Platform Name" "Call Recording Platform Name" Na;
    RecordingResult "Call Recording Result" "Call Recording Result" Na;
    RecordingTrigger "Call Recording Trigger" "Call Recording Trigger" Na;
    RedirectingPartyUuid "Redirecting party UUID" "Redirecting party UUID" Na;
    PublicCallingIp "Public Calling IP Address" "Public Calling IP Address" Both;
    PublicCalledIp "Public Called IP Address" "Public Called IP Address" Both;
    OriginalCalledPartyUuid "Original called party UUID" "Original called party UUID" Na;
    RecallType "Recall type" "Recall Type" Na;
    HoldDuration "Hold duration" "Hold Duration" Num;
    AutoAttendantKey "Auto Attendant Key Pressed" "Auto Attendant Key Pressed" Both;
    QueueType "Queue type" "Queue Type" Na;
    AnsweredElsewhere "Answered elsewhere" "Answered Elsewhere" Na;
    RouteListOverage "Route list calls overage" "Route list calls overage" Na;
    ReputationScore "Caller Reputation Score" "Caller Reputation Score" Na;
    ReputationResult "Caller Reputation Service Result" "Caller Reputation Service Result" Na;
    ReputationReason "Caller Reputation Score Reason" "Caller Reputation Score Reason" Na;
    InteractionId "Interaction ID" "Interaction ID" Na;
    WxccMergeStatus "WxCC consult merge status" "WxCC consult merge status" Both;
    Elin "ELIN" "ELIN" Na;
    EmergencyNumberSource "Emergency number source" "Emergency number source" Na;
    TransferType "Transfer type" "Transfer type" None;
    TransferTypeContext "Transfer type context" "Transfer type context" None;
    AnswerReason "Answer reason" "Answer reason" None;
    ExternalCustomerId "External customer ID" "External customer ID" None;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighty_seven_keys_which_the_field_table_knows() {
        assert_eq!(COLUMNS.len(), 87);
        assert_eq!(COLUMNS[REPORT_COLUMNS].key, "Transfer type");
        let known: Vec<String> =
            model::FieldId::all().filter_map(|f| f.webex_key).map(str::to_lowercase).collect();
        for column in COLUMNS {
            assert!(known.contains(&column.key.to_lowercase()), "{}", column.key);
            assert_eq!(column.key.to_lowercase(), column.header.to_lowercase());
        }
    }
}
