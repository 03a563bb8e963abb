//! The table itself. Append only within a release: slots are not stored, but order is what people read.

use super::{Field, FieldType, PersonalData};

macro_rules! fields {
    ($( $name:ident : $ty:ident, $key:expr, $personal:ident, $doc:literal; )*) => {
        /// Identity of a field: its line in the table and its slot in an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(non_camel_case_types, reason = "variants are spelled as the field names users write")]
        #[repr(u8)]
        pub enum FieldId {
            $( #[doc = $doc] $name, )*
        }

        pub(super) const FIELDS: &[Field] = &[
            $( Field {
                id: FieldId::$name,
                name: stringify!($name),
                ty: FieldType::$ty,
                webex_key: $key,
                personal: PersonalData::$personal,
                doc: $doc,
            }, )*
        ];

        /// Number of fields.
        pub const FIELD_COUNT: usize = [$( stringify!($name) ),*].len();
    };
}

fields! {
    // Identity and correlation.
    record_id: Id, Some("Report ID"), No, "Identity of the record: the same record delivered twice has the same value.";
    org: Name, Some("Org UUID"), No, "Organisation.";
    report_time: Millis, Some("Report time"), No, "When the record was made, which is when the call was released.";
    correlation_id: Text, Some("Correlation ID"), Indirect, "Shared by all legs of one call session; not unique per record.";
    interaction_id: Text, Some("Interaction ID"), Indirect, "Ties several calls of one service interaction together.";
    call_id: Text, Some("Call ID"), Indirect, "SIP Call-ID; often absent.";
    local_call_id: Text, Some("Local call ID"), Indirect, "Identity of this side of the leg.";
    remote_call_id: Text, Some("Remote call ID"), Indirect, "Matches the other side's local_call_id.";
    network_call_id: Text, Some("Network call ID"), Indirect, "Equal in the two records of one leg.";
    related_call_id: Text, Some("Related call ID"), Indirect, "local_call_id of another call made by a service.";
    transfer_related_call_id: Text, Some("Transfer related call ID"), Indirect, "Call identity of the other call in a transfer.";
    local_session_id: Text, Some("Local SessionID"), Indirect, "RFC 7206 session identity, local side.";
    remote_session_id: Text, Some("Remote SessionID"), Indirect, "RFC 7206 session identity, remote side.";
    final_local_session_id: Text, Some("Final local SessionID"), Indirect, "Session identity at the end of the call, local side.";
    final_remote_session_id: Text, Some("Final remote SessionID"), Indirect, "Session identity at the end of the call, remote side.";
    external_customer_id: Text, Some("External customer ID"), No, "The partner's own customer identity.";

    // Times and lengths.
    start_time: Millis, Some("Start time"), No, "When the event happened; for calls, when the call began.";
    answer_time: Millis, Some("Answer time"), No, "When the call was answered; absent if it was not.";
    release_time: Millis, Some("Release time"), No, "When the call ended.";
    call_transfer_time: Millis, Some("Call transfer time"), No, "When the call was transferred.";
    duration: U32, Some("Duration"), No, "Answered time in seconds; 0 when unanswered, and for calls answered under a second.";
    ring_duration: U32, Some("Ring duration"), No, "Ringing time in seconds.";
    hold_duration: U32, Some("Hold duration"), No, "Time on hold in seconds.";
    site_offset: Int, Some("Site timezone"), No, "Offset from UTC at the user's site in minutes, as Webex states it.";

    // Parties and numbers.
    direction: Enum, Some("Direction"), No, "ORIGINATING (made by the caller's side) or TERMINATING (the called side).";
    calling_number: Phone, Some("Calling number"), Direct, "Who calls.";
    called_number: Phone, Some("Called number"), Direct, "Who is called.";
    dialed_digits: Phone, Some("Dialed digits"), Direct, "Digits as dialled, before translation; ORIGINATING records only.";
    user_number: Phone, Some("User number"), Direct, "Number of the record's owner.";
    calling_line_id: Text, Some("Calling line ID"), Direct, "Name or number shown for the caller.";
    called_line_id: Text, Some("Called line ID"), Direct, "Name or number shown for the called party.";
    caller_id_number: Phone, Some("Caller ID number"), Direct, "Presented number: may be anything.";
    external_caller_id_number: Phone, Some("External caller ID number"), Direct, "Presented number when it is a location's or another number of the organisation.";
    user_name: Name, Some("User"), Direct, "Display name of the record's owner.";
    user_uuid: Name, Some("User UUID"), Indirect, "Identity of the record's owner as Webex gives it; absent for trunk records.";
    user_type: Enum, Some("User type"), No, "Kind of owner: User, Place, HuntGroup, AutomatedAttendantVideo and so on.";
    device_owner: Name, Some("Device owner UUID"), Indirect, "Owner of the shared device in use.";
    authorization_code: Text, Some("Authorization code"), Secret, "Code entered for a restricted call.";
    redirecting_number: Phone, Some("Redirecting number"), Direct, "Last number that redirected the call.";
    redirecting_party: Name, Some("Redirecting party UUID"), Indirect, "Owner of the redirecting number.";
    original_called_party: Name, Some("Original called party UUID"), Indirect, "First called party of a redirected call.";
    public_calling_ip: Text, Some("Public Calling IP Address"), Indirect, "Caller's address; Indian numbering only.";
    public_called_ip: Text, Some("Public Called IP Address"), Indirect, "Called party's address; Indian numbering only.";
    international_country: Name, Some("International country"), No, "Country of the dialled number as Webex states it.";

    // Place, device, route.
    location: Name, Some("Location"), No, "Location of the record's owner.";
    site: Name, Some("Site UUID"), No, "Location's identity.";
    site_main_number: Phone, Some("Site main number"), No, "Main number of the location.";
    department: Name, Some("Department ID"), No, "Department of the record's owner.";
    client_type: Enum, Some("Client type"), No, "Kind of client.";
    client_version: Name, Some("Client version"), No, "Version of the client.";
    sub_client_type: Enum, Some("Sub client type"), No, "Mobile network, mobile app or desktop app.";
    os_type: Enum, Some("OS type"), No, "Operating system of the client.";
    model: Name, Some("Model"), No, "Device model.";
    device_mac: Name, Some("Device MAC"), Indirect, "Device's hardware address.";
    inbound_trunk: Name, Some("Inbound trunk"), No, "Trunk the call came in by.";
    outbound_trunk: Name, Some("Outbound trunk"), No, "Trunk the call went out by.";
    route_group: Name, Some("Route group"), No, "Route group of the trunk.";
    route_list_overage: U32, Some("Route list calls overage"), No, "Calls over the licensed number of route list calls.";
    pstn_vendor_name: Name, Some("PSTN vendor name"), No, "PSTN provider.";
    pstn_legal_entity: Name, Some("PSTN legal entity"), No, "Legal entity of the PSTN provider.";
    pstn_vendor_org: Name, Some("PSTN vendor org ID"), No, "Organisation of the PSTN provider.";
    pstn_provider: Name, Some("PSTN provider ID"), No, "Identity of the PSTN provider.";

    // Service fields.
    call_type: Enum, Some("Call type"), No, "Webex's call type; decide destinations by called_class instead.";
    answered: Bool, Some("Answered"), No, "Whether the call was answered.";
    answer_indicator: Enum, Some("Answer indicator"), No, "Yes, No or Yes-PostRedirection.";
    answered_elsewhere: Bool, Some("Answered elsewhere"), No, "Whether another device or agent answered.";
    answer_reason: Enum, Some("Answer reason"), No, "Why the call counts as answered.";
    releasing_party: Enum, Some("Releasing party"), No, "Who hung up: Local, Remote or Unknown.";
    call_outcome: Enum, Some("Call outcome"), No, "Success (busy and no answer included), Refusal or Failure.";
    call_outcome_reason: Enum, Some("Call outcome reason"), No, "Reason of the outcome.";
    original_reason: Enum, Some("Original reason"), No, "Why the call was first redirected.";
    redirect_reason: Enum, Some("Redirect reason"), No, "Why the call was last redirected.";
    related_reason: Enum, Some("Related reason"), No, "Service that made the related call.";
    transfer_type: Enum, Some("Transfer type"), No, "Kind of transfer.";
    transfer_type_context: Name, Some("Transfer type context"), No, "Detail of the transfer.";
    recall_type: Enum, Some("Recall type"), No, "Kind of recall.";
    auto_attendant_key: Name, Some("Auto Attendant Key Pressed"), No, "Key pressed in the auto attendant's menu.";
    queue_type: Enum, Some("Queue type"), No, "Kind of call queue.";
    recording_platform: Enum, Some("Call Recording Platform Name"), No, "Recording platform.";
    recording_result: Enum, Some("Call Recording Result"), No, "Whether the recording was kept.";
    recording_trigger: Enum, Some("Call Recording Trigger"), No, "What started the recording.";
    caller_reputation_score: Float, Some("Caller Reputation Score"), No, "0.0 (bad) to 5.0 (good).";
    caller_reputation_result: Enum, Some("Caller Reputation Service Result"), No, "allow, captcha-allow, captcha-block or block.";
    caller_reputation_reason: Name, Some("Caller Reputation Score Reason"), No, "Reason of the reputation score.";
    wxcc_consult_merge_status: Enum, Some("WxCC consult merge status"), No, "Contact centre consult merge.";
    elin: Phone, Some("ELIN"), No, "Emergency location identification number.";
    emergency_number_source: Enum, Some("Emergency number source"), No, "Where the emergency callback number came from.";

    // Derived for every event.
    event: Enum, None, No, "Kind of event: call, forwarding-change, admin-change or sign-in.";
    user: Name, None, Indirect, "The subject of user findings: the owner's UUID, else its number, trunk or display name with a word before it.";
    country: Name, None, No, "Country of the location, ISO 3166 alpha-2.";
    zone: Name, None, No, "IANA time zone used for local time; absent when only the record's offset is known.";
    local_offset: Int, None, No, "Minutes to add to start_time for local time, daylight saving included.";
    calling_class: Enum, None, No, "Class of the calling number, seen from the location.";
    calling_country: Name, None, No, "Country of the calling number.";
    called_class: Enum, None, No, "Destination class of the called number, seen from the location.";
    called_country: Name, None, No, "Country of the called number.";
    called_ours: Bool, None, No, "Whether the called number belongs to the organisation.";
    calling_ours: Bool, None, No, "Whether the calling number belongs to the organisation.";

    // forwarding-change, admin-change and sign-in events.
    forward_mode: Enum, None, No, "Which forwarding was changed: always, busy, no-answer, business-continuity or selective.";
    forward_enabled: Bool, None, No, "Whether forwarding is on after the change.";
    forward_from: Phone, None, Direct, "Destination before the change.";
    forward_to: Phone, None, Direct, "Destination after the change; in calls, the number dialled after a feature code for forwarding (*72 and the like).";
    forward_class: Enum, None, No, "Class of the new destination, seen from the location.";
    forward_country: Name, None, No, "Country of the new destination.";
    actor: Name, None, Direct, "Who did it: an administrator's or user's identity.";
    actor_ip: Text, None, Direct, "Address the actor came from.";
    actor_user_agent: Text, None, No, "Client the actor used, as it calls itself.";
    category: Name, None, No, "Category of an audit event.";
    description: Text, None, No, "What happened, as the audit event says.";
    target: Name, None, Indirect, "What was changed.";
    target_type: Name, None, No, "Kind of thing that was changed.";
    success: Bool, None, No, "Whether a sign-in or change succeeded.";
}
