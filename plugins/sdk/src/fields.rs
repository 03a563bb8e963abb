//! Typed accessors, one per field, and constants for well-known values.
//!
//! Generated from the host's field table by `make generate`; do not edit.

use crate::row::Row;
use crate::types::{Kind, Name, Number, RecordId};

/// Field names in table order.
pub const NAMES: [&str; 112] = [
    "record_id",
    "org",
    "report_time",
    "correlation_id",
    "interaction_id",
    "call_id",
    "local_call_id",
    "remote_call_id",
    "network_call_id",
    "related_call_id",
    "transfer_related_call_id",
    "local_session_id",
    "remote_session_id",
    "final_local_session_id",
    "final_remote_session_id",
    "external_customer_id",
    "start_time",
    "answer_time",
    "release_time",
    "call_transfer_time",
    "duration",
    "ring_duration",
    "hold_duration",
    "site_offset",
    "direction",
    "calling_number",
    "called_number",
    "dialed_digits",
    "user_number",
    "calling_line_id",
    "called_line_id",
    "caller_id_number",
    "external_caller_id_number",
    "user_name",
    "user_uuid",
    "user_type",
    "device_owner",
    "authorization_code",
    "redirecting_number",
    "redirecting_party",
    "original_called_party",
    "public_calling_ip",
    "public_called_ip",
    "international_country",
    "location",
    "site",
    "site_main_number",
    "department",
    "client_type",
    "client_version",
    "sub_client_type",
    "os_type",
    "model",
    "device_mac",
    "inbound_trunk",
    "outbound_trunk",
    "route_group",
    "route_list_overage",
    "pstn_vendor_name",
    "pstn_legal_entity",
    "pstn_vendor_org",
    "pstn_provider",
    "call_type",
    "answered",
    "answer_indicator",
    "answered_elsewhere",
    "answer_reason",
    "releasing_party",
    "call_outcome",
    "call_outcome_reason",
    "original_reason",
    "redirect_reason",
    "related_reason",
    "transfer_type",
    "transfer_type_context",
    "recall_type",
    "auto_attendant_key",
    "queue_type",
    "recording_platform",
    "recording_result",
    "recording_trigger",
    "caller_reputation_score",
    "caller_reputation_result",
    "caller_reputation_reason",
    "wxcc_consult_merge_status",
    "elin",
    "emergency_number_source",
    "event",
    "user",
    "country",
    "zone",
    "local_offset",
    "calling_class",
    "calling_country",
    "called_class",
    "called_country",
    "called_ours",
    "calling_ours",
    "forward_mode",
    "forward_enabled",
    "forward_from",
    "forward_to",
    "forward_class",
    "forward_country",
    "actor",
    "actor_ip",
    "actor_user_agent",
    "category",
    "description",
    "target",
    "target_type",
    "success",
];

/// Column types in table order.
pub const KINDS: [Kind; 112] = [
    Kind::Id,
    Kind::Name,
    Kind::Millis,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Millis,
    Kind::Millis,
    Kind::Millis,
    Kind::Millis,
    Kind::U32,
    Kind::U32,
    Kind::U32,
    Kind::Int,
    Kind::Enum,
    Kind::Phone,
    Kind::Phone,
    Kind::Phone,
    Kind::Phone,
    Kind::Text,
    Kind::Text,
    Kind::Phone,
    Kind::Phone,
    Kind::Name,
    Kind::Name,
    Kind::Enum,
    Kind::Name,
    Kind::Text,
    Kind::Phone,
    Kind::Name,
    Kind::Name,
    Kind::Text,
    Kind::Text,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Phone,
    Kind::Name,
    Kind::Enum,
    Kind::Name,
    Kind::Enum,
    Kind::Enum,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::U32,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Enum,
    Kind::Bool,
    Kind::Enum,
    Kind::Bool,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Name,
    Kind::Enum,
    Kind::Name,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Enum,
    Kind::Float,
    Kind::Enum,
    Kind::Name,
    Kind::Enum,
    Kind::Phone,
    Kind::Enum,
    Kind::Enum,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Int,
    Kind::Enum,
    Kind::Name,
    Kind::Enum,
    Kind::Name,
    Kind::Bool,
    Kind::Bool,
    Kind::Enum,
    Kind::Bool,
    Kind::Phone,
    Kind::Phone,
    Kind::Enum,
    Kind::Name,
    Kind::Name,
    Kind::Text,
    Kind::Text,
    Kind::Name,
    Kind::Text,
    Kind::Name,
    Kind::Name,
    Kind::Bool,
];

impl Row<'_> {
    /// Identity of the record: the same record delivered twice has the same value.
    #[inline]
    pub fn record_id(&self) -> RecordId {
        self.read_id(0)
    }

    /// Organisation.
    #[inline]
    pub fn org(&self) -> Name {
        self.read_name(1)
    }

    /// When the record was made, which is when the call was released.
    #[inline]
    pub fn report_time(&self) -> i64 {
        self.read_i64(2)
    }

    /// Shared by all legs of one call session; not unique per record.
    #[inline]
    pub fn correlation_id(&self) -> &str {
        self.read_text(3)
    }

    /// Ties several calls of one service interaction together.
    #[inline]
    pub fn interaction_id(&self) -> &str {
        self.read_text(4)
    }

    /// SIP Call-ID; often absent.
    #[inline]
    pub fn call_id(&self) -> &str {
        self.read_text(5)
    }

    /// Identity of this side of the leg.
    #[inline]
    pub fn local_call_id(&self) -> &str {
        self.read_text(6)
    }

    /// Matches the other side's local_call_id.
    #[inline]
    pub fn remote_call_id(&self) -> &str {
        self.read_text(7)
    }

    /// Equal in the two records of one leg.
    #[inline]
    pub fn network_call_id(&self) -> &str {
        self.read_text(8)
    }

    /// local_call_id of another call made by a service.
    #[inline]
    pub fn related_call_id(&self) -> &str {
        self.read_text(9)
    }

    /// Call identity of the other call in a transfer.
    #[inline]
    pub fn transfer_related_call_id(&self) -> &str {
        self.read_text(10)
    }

    /// RFC 7206 session identity, local side.
    #[inline]
    pub fn local_session_id(&self) -> &str {
        self.read_text(11)
    }

    /// RFC 7206 session identity, remote side.
    #[inline]
    pub fn remote_session_id(&self) -> &str {
        self.read_text(12)
    }

    /// Session identity at the end of the call, local side.
    #[inline]
    pub fn final_local_session_id(&self) -> &str {
        self.read_text(13)
    }

    /// Session identity at the end of the call, remote side.
    #[inline]
    pub fn final_remote_session_id(&self) -> &str {
        self.read_text(14)
    }

    /// The partner's own customer identity.
    #[inline]
    pub fn external_customer_id(&self) -> &str {
        self.read_text(15)
    }

    /// When the event happened; for calls, when the call began.
    #[inline]
    pub fn start_time(&self) -> i64 {
        self.read_i64(16)
    }

    /// When the call was answered; absent if it was not.
    #[inline]
    pub fn answer_time(&self) -> i64 {
        self.read_i64(17)
    }

    /// When the call ended.
    #[inline]
    pub fn release_time(&self) -> i64 {
        self.read_i64(18)
    }

    /// When the call was transferred.
    #[inline]
    pub fn call_transfer_time(&self) -> i64 {
        self.read_i64(19)
    }

    /// Answered time in seconds; 0 when unanswered, and for calls answered under a second.
    #[inline]
    pub fn duration(&self) -> u32 {
        self.read_u32(20)
    }

    /// Ringing time in seconds.
    #[inline]
    pub fn ring_duration(&self) -> u32 {
        self.read_u32(21)
    }

    /// Time on hold in seconds.
    #[inline]
    pub fn hold_duration(&self) -> u32 {
        self.read_u32(22)
    }

    /// Offset from UTC at the user's site in minutes, as Webex states it.
    #[inline]
    pub fn site_offset(&self) -> i64 {
        self.read_i64(23)
    }

    /// ORIGINATING (made by the caller's side) or TERMINATING (the called side).
    #[inline]
    pub fn direction(&self) -> Name {
        self.read_name(24)
    }

    /// Who calls.
    #[inline]
    pub fn calling_number(&self) -> Number {
        self.read_number(25)
    }

    /// Who is called.
    #[inline]
    pub fn called_number(&self) -> Number {
        self.read_number(26)
    }

    /// Digits as dialled, before translation; ORIGINATING records only.
    #[inline]
    pub fn dialed_digits(&self) -> Number {
        self.read_number(27)
    }

    /// Number of the record's owner.
    #[inline]
    pub fn user_number(&self) -> Number {
        self.read_number(28)
    }

    /// Name or number shown for the caller.
    #[inline]
    pub fn calling_line_id(&self) -> &str {
        self.read_text(29)
    }

    /// Name or number shown for the called party.
    #[inline]
    pub fn called_line_id(&self) -> &str {
        self.read_text(30)
    }

    /// Presented number: may be anything.
    #[inline]
    pub fn caller_id_number(&self) -> Number {
        self.read_number(31)
    }

    /// Presented number when it is a location's or another number of the organisation.
    #[inline]
    pub fn external_caller_id_number(&self) -> Number {
        self.read_number(32)
    }

    /// Display name of the record's owner.
    #[inline]
    pub fn user_name(&self) -> Name {
        self.read_name(33)
    }

    /// Identity of the record's owner as Webex gives it; absent for trunk records.
    #[inline]
    pub fn user_uuid(&self) -> Name {
        self.read_name(34)
    }

    /// Kind of owner: User, Place, HuntGroup, AutomatedAttendantVideo and so on.
    #[inline]
    pub fn user_type(&self) -> Name {
        self.read_name(35)
    }

    /// Owner of the shared device in use.
    #[inline]
    pub fn device_owner(&self) -> Name {
        self.read_name(36)
    }

    /// Code entered for a restricted call.
    #[inline]
    pub fn authorization_code(&self) -> &str {
        self.read_text(37)
    }

    /// Last number that redirected the call.
    #[inline]
    pub fn redirecting_number(&self) -> Number {
        self.read_number(38)
    }

    /// Owner of the redirecting number.
    #[inline]
    pub fn redirecting_party(&self) -> Name {
        self.read_name(39)
    }

    /// First called party of a redirected call.
    #[inline]
    pub fn original_called_party(&self) -> Name {
        self.read_name(40)
    }

    /// Caller's address; Indian numbering only.
    #[inline]
    pub fn public_calling_ip(&self) -> &str {
        self.read_text(41)
    }

    /// Called party's address; Indian numbering only.
    #[inline]
    pub fn public_called_ip(&self) -> &str {
        self.read_text(42)
    }

    /// Country of the dialled number as Webex states it.
    #[inline]
    pub fn international_country(&self) -> Name {
        self.read_name(43)
    }

    /// Location of the record's owner.
    #[inline]
    pub fn location(&self) -> Name {
        self.read_name(44)
    }

    /// Location's identity.
    #[inline]
    pub fn site(&self) -> Name {
        self.read_name(45)
    }

    /// Main number of the location.
    #[inline]
    pub fn site_main_number(&self) -> Number {
        self.read_number(46)
    }

    /// Department of the record's owner.
    #[inline]
    pub fn department(&self) -> Name {
        self.read_name(47)
    }

    /// Kind of client.
    #[inline]
    pub fn client_type(&self) -> Name {
        self.read_name(48)
    }

    /// Version of the client.
    #[inline]
    pub fn client_version(&self) -> Name {
        self.read_name(49)
    }

    /// Mobile network, mobile app or desktop app.
    #[inline]
    pub fn sub_client_type(&self) -> Name {
        self.read_name(50)
    }

    /// Operating system of the client.
    #[inline]
    pub fn os_type(&self) -> Name {
        self.read_name(51)
    }

    /// Device model.
    #[inline]
    pub fn model(&self) -> Name {
        self.read_name(52)
    }

    /// Device's hardware address.
    #[inline]
    pub fn device_mac(&self) -> Name {
        self.read_name(53)
    }

    /// Trunk the call came in by.
    #[inline]
    pub fn inbound_trunk(&self) -> Name {
        self.read_name(54)
    }

    /// Trunk the call went out by.
    #[inline]
    pub fn outbound_trunk(&self) -> Name {
        self.read_name(55)
    }

    /// Route group of the trunk.
    #[inline]
    pub fn route_group(&self) -> Name {
        self.read_name(56)
    }

    /// Calls over the licensed number of route list calls.
    #[inline]
    pub fn route_list_overage(&self) -> u32 {
        self.read_u32(57)
    }

    /// PSTN provider.
    #[inline]
    pub fn pstn_vendor_name(&self) -> Name {
        self.read_name(58)
    }

    /// Legal entity of the PSTN provider.
    #[inline]
    pub fn pstn_legal_entity(&self) -> Name {
        self.read_name(59)
    }

    /// Organisation of the PSTN provider.
    #[inline]
    pub fn pstn_vendor_org(&self) -> Name {
        self.read_name(60)
    }

    /// Identity of the PSTN provider.
    #[inline]
    pub fn pstn_provider(&self) -> Name {
        self.read_name(61)
    }

    /// Webex's call type; decide destinations by called_class instead.
    #[inline]
    pub fn call_type(&self) -> Name {
        self.read_name(62)
    }

    /// Whether the call was answered.
    #[inline]
    pub fn answered(&self) -> bool {
        self.read_bool(63)
    }

    /// Yes, No or Yes-PostRedirection.
    #[inline]
    pub fn answer_indicator(&self) -> Name {
        self.read_name(64)
    }

    /// Whether another device or agent answered.
    #[inline]
    pub fn answered_elsewhere(&self) -> bool {
        self.read_bool(65)
    }

    /// Why the call counts as answered.
    #[inline]
    pub fn answer_reason(&self) -> Name {
        self.read_name(66)
    }

    /// Who hung up: Local, Remote or Unknown.
    #[inline]
    pub fn releasing_party(&self) -> Name {
        self.read_name(67)
    }

    /// Success (busy and no answer included), Refusal or Failure.
    #[inline]
    pub fn call_outcome(&self) -> Name {
        self.read_name(68)
    }

    /// Reason of the outcome.
    #[inline]
    pub fn call_outcome_reason(&self) -> Name {
        self.read_name(69)
    }

    /// Why the call was first redirected.
    #[inline]
    pub fn original_reason(&self) -> Name {
        self.read_name(70)
    }

    /// Why the call was last redirected.
    #[inline]
    pub fn redirect_reason(&self) -> Name {
        self.read_name(71)
    }

    /// Service that made the related call.
    #[inline]
    pub fn related_reason(&self) -> Name {
        self.read_name(72)
    }

    /// Kind of transfer.
    #[inline]
    pub fn transfer_type(&self) -> Name {
        self.read_name(73)
    }

    /// Detail of the transfer.
    #[inline]
    pub fn transfer_type_context(&self) -> Name {
        self.read_name(74)
    }

    /// Kind of recall.
    #[inline]
    pub fn recall_type(&self) -> Name {
        self.read_name(75)
    }

    /// Key pressed in the auto attendant's menu.
    #[inline]
    pub fn auto_attendant_key(&self) -> Name {
        self.read_name(76)
    }

    /// Kind of call queue.
    #[inline]
    pub fn queue_type(&self) -> Name {
        self.read_name(77)
    }

    /// Recording platform.
    #[inline]
    pub fn recording_platform(&self) -> Name {
        self.read_name(78)
    }

    /// Whether the recording was kept.
    #[inline]
    pub fn recording_result(&self) -> Name {
        self.read_name(79)
    }

    /// What started the recording.
    #[inline]
    pub fn recording_trigger(&self) -> Name {
        self.read_name(80)
    }

    /// 0.0 (bad) to 5.0 (good).
    #[inline]
    pub fn caller_reputation_score(&self) -> f64 {
        self.read_f64(81)
    }

    /// allow, captcha-allow, captcha-block or block.
    #[inline]
    pub fn caller_reputation_result(&self) -> Name {
        self.read_name(82)
    }

    /// Reason of the reputation score.
    #[inline]
    pub fn caller_reputation_reason(&self) -> Name {
        self.read_name(83)
    }

    /// Contact centre consult merge.
    #[inline]
    pub fn wxcc_consult_merge_status(&self) -> Name {
        self.read_name(84)
    }

    /// Emergency location identification number.
    #[inline]
    pub fn elin(&self) -> Number {
        self.read_number(85)
    }

    /// Where the emergency callback number came from.
    #[inline]
    pub fn emergency_number_source(&self) -> Name {
        self.read_name(86)
    }

    /// Kind of event: call, forwarding-change, admin-change or sign-in.
    #[inline]
    pub fn event(&self) -> Name {
        self.read_name(87)
    }

    /// The subject of user findings: the owner's UUID, else its number, trunk or display name with a word before it.
    #[inline]
    pub fn user(&self) -> Name {
        self.read_name(88)
    }

    /// Country of the location, ISO 3166 alpha-2.
    #[inline]
    pub fn country(&self) -> Name {
        self.read_name(89)
    }

    /// IANA time zone used for local time; absent when only the record's offset is known.
    #[inline]
    pub fn zone(&self) -> Name {
        self.read_name(90)
    }

    /// Minutes to add to start_time for local time, daylight saving included.
    #[inline]
    pub fn local_offset(&self) -> i64 {
        self.read_i64(91)
    }

    /// Class of the calling number, seen from the location.
    #[inline]
    pub fn calling_class(&self) -> Name {
        self.read_name(92)
    }

    /// Country of the calling number.
    #[inline]
    pub fn calling_country(&self) -> Name {
        self.read_name(93)
    }

    /// Destination class of the called number, seen from the location.
    #[inline]
    pub fn called_class(&self) -> Name {
        self.read_name(94)
    }

    /// Country of the called number.
    #[inline]
    pub fn called_country(&self) -> Name {
        self.read_name(95)
    }

    /// Whether the called number belongs to the organisation.
    #[inline]
    pub fn called_ours(&self) -> bool {
        self.read_bool(96)
    }

    /// Whether the calling number belongs to the organisation.
    #[inline]
    pub fn calling_ours(&self) -> bool {
        self.read_bool(97)
    }

    /// Which forwarding was changed: always, busy, no-answer, business-continuity or selective.
    #[inline]
    pub fn forward_mode(&self) -> Name {
        self.read_name(98)
    }

    /// Whether forwarding is on after the change.
    #[inline]
    pub fn forward_enabled(&self) -> bool {
        self.read_bool(99)
    }

    /// Destination before the change.
    #[inline]
    pub fn forward_from(&self) -> Number {
        self.read_number(100)
    }

    /// Destination after the change; in calls, the number dialled after a feature code for forwarding (*72 and the like).
    #[inline]
    pub fn forward_to(&self) -> Number {
        self.read_number(101)
    }

    /// Class of the new destination, seen from the location.
    #[inline]
    pub fn forward_class(&self) -> Name {
        self.read_name(102)
    }

    /// Country of the new destination.
    #[inline]
    pub fn forward_country(&self) -> Name {
        self.read_name(103)
    }

    /// Who did it: an administrator's or user's identity.
    #[inline]
    pub fn actor(&self) -> Name {
        self.read_name(104)
    }

    /// Address the actor came from.
    #[inline]
    pub fn actor_ip(&self) -> &str {
        self.read_text(105)
    }

    /// Client the actor used, as it calls itself.
    #[inline]
    pub fn actor_user_agent(&self) -> &str {
        self.read_text(106)
    }

    /// Category of an audit event.
    #[inline]
    pub fn category(&self) -> Name {
        self.read_name(107)
    }

    /// What happened, as the audit event says.
    #[inline]
    pub fn description(&self) -> &str {
        self.read_text(108)
    }

    /// What was changed.
    #[inline]
    pub fn target(&self) -> Name {
        self.read_name(109)
    }

    /// Kind of thing that was changed.
    #[inline]
    pub fn target_type(&self) -> Name {
        self.read_name(110)
    }

    /// Whether a sign-in or change succeeded.
    #[inline]
    pub fn success(&self) -> bool {
        self.read_bool(111)
    }
}

/// Handles of well-known values.
pub mod known {
    use crate::types::Name;

    /// `ORIGINATING`
    pub const ORIGINATING: Name = Name(1);
    /// `TERMINATING`
    pub const TERMINATING: Name = Name(2);
    /// `SIP_MEETING`
    pub const SIP_MEETING: Name = Name(3);
    /// `SIP_INTERNATIONAL`
    pub const SIP_INTERNATIONAL: Name = Name(4);
    /// `SIP_SHORTCODE`
    pub const SIP_SHORTCODE: Name = Name(5);
    /// `SIP_INBOUND`
    pub const SIP_INBOUND: Name = Name(6);
    /// `UNKNOWN`
    pub const UNKNOWN: Name = Name(7);
    /// `SIP_EMERGENCY`
    pub const SIP_EMERGENCY: Name = Name(8);
    /// `SIP_PREMIUM`
    pub const SIP_PREMIUM: Name = Name(9);
    /// `SIP_ENTERPRISE`
    pub const SIP_ENTERPRISE: Name = Name(10);
    /// `SIP_TOLLFREE`
    pub const SIP_TOLLFREE: Name = Name(11);
    /// `SIP_NATIONAL`
    pub const SIP_NATIONAL: Name = Name(12);
    /// `SIP_MOBILE`
    pub const SIP_MOBILE: Name = Name(13);
    /// `SIP_URI`
    pub const SIP_URI: Name = Name(14);
    /// `SIP_OPERATOR`
    pub const SIP_OPERATOR: Name = Name(15);
    /// `SIP_CLICKTOCALL`
    pub const SIP_CLICKTOCALL: Name = Name(16);
    /// `internal`
    pub const INTERNAL: Name = Name(17);
    /// `national`
    pub const NATIONAL: Name = Name(18);
    /// `mobile`
    pub const MOBILE: Name = Name(19);
    /// `toll-free`
    pub const TOLL_FREE: Name = Name(20);
    /// `shared-cost`
    pub const SHARED_COST: Name = Name(21);
    /// `premium`
    pub const PREMIUM: Name = Name(22);
    /// `international`
    pub const INTERNATIONAL: Name = Name(23);
    /// `satellite`
    pub const SATELLITE: Name = Name(24);
    /// `short-code`
    pub const SHORT_CODE: Name = Name(25);
    /// `emergency`
    pub const EMERGENCY: Name = Name(26);
    /// `invalid`
    pub const INVALID: Name = Name(27);
    /// `always`
    pub const ALWAYS: Name = Name(28);
    /// `busy`
    pub const BUSY: Name = Name(29);
    /// `no-answer`
    pub const NO_ANSWER: Name = Name(30);
    /// `business-continuity`
    pub const BUSINESS_CONTINUITY: Name = Name(31);
    /// `selective`
    pub const SELECTIVE: Name = Name(32);
    /// `Yes`
    pub const YES: Name = Name(33);
    /// `No`
    pub const NO: Name = Name(34);
    /// `Yes-PostRedirection`
    pub const YES_POSTREDIRECTION: Name = Name(35);
    /// `Local`
    pub const LOCAL: Name = Name(36);
    /// `Remote`
    pub const REMOTE: Name = Name(37);
    /// `Unknown`
    pub const UNKNOWN_38: Name = Name(38);
    /// `Success`
    pub const SUCCESS: Name = Name(39);
    /// `Refusal`
    pub const REFUSAL: Name = Name(40);
    /// `Failure`
    pub const FAILURE: Name = Name(41);
    /// `Normal`
    pub const NORMAL: Name = Name(42);
    /// `UserBusy`
    pub const USERBUSY: Name = Name(43);
    /// `NoAnswer`
    pub const NOANSWER: Name = Name(44);
    /// `CallRejected`
    pub const CALLREJECTED: Name = Name(45);
    /// `UnassignedNumber`
    pub const UNASSIGNEDNUMBER: Name = Name(46);
    /// `SIP408`
    pub const SIP408: Name = Name(47);
    /// `InternalRequestTimeout`
    pub const INTERNALREQUESTTIMEOUT: Name = Name(48);
    /// `Q850102ServerTimeout`
    pub const Q850102SERVERTIMEOUT: Name = Name(49);
    /// `NoUserResponse`
    pub const NOUSERRESPONSE: Name = Name(50);
    /// `NoAnswerFromUser`
    pub const NOANSWERFROMUSER: Name = Name(51);
    /// `SIP480`
    pub const SIP480: Name = Name(52);
    /// `SIP487`
    pub const SIP487: Name = Name(53);
    /// `TemporarilyUnavailable`
    pub const TEMPORARILYUNAVAILABLE: Name = Name(54);
    /// `AdminCallBlock`
    pub const ADMINCALLBLOCK: Name = Name(55);
    /// `UserCallBlock`
    pub const USERCALLBLOCK: Name = Name(56);
    /// `Unreachable`
    pub const UNREACHABLE: Name = Name(57);
    /// `LocalGatewayLoop`
    pub const LOCALGATEWAYLOOP: Name = Name(58);
    /// `UserAbsent`
    pub const USERABSENT: Name = Name(59);
    /// `DestinationOutOfOrder`
    pub const DESTINATIONOUTOFORDER: Name = Name(60);
    /// `SIP501`
    pub const SIP501: Name = Name(61);
    /// `SIP503`
    pub const SIP503: Name = Name(62);
    /// `ProtocolError`
    pub const PROTOCOLERROR: Name = Name(63);
    /// `SIP606`
    pub const SIP606: Name = Name(64);
    /// `NoRouteToDestination`
    pub const NOROUTETODESTINATION: Name = Name(65);
    /// `Internal`
    pub const INTERNAL_66: Name = Name(66);
    /// `MaxConcurrentTerminatingAlertingRequestsExceeded`
    pub const MAXCONCURRENTTERMINATINGALERTINGREQUESTSEXCEEDED: Name = Name(67);
    /// `RouteListCalls`
    pub const ROUTELISTCALLS: Name = Name(68);
    /// `Unconditional`
    pub const UNCONDITIONAL: Name = Name(69);
    /// `Deflection`
    pub const DEFLECTION: Name = Name(70);
    /// `TimeOfDay`
    pub const TIMEOFDAY: Name = Name(71);
    /// `FollowMe`
    pub const FOLLOWME: Name = Name(72);
    /// `CallQueue`
    pub const CALLQUEUE: Name = Name(73);
    /// `HuntGroup`
    pub const HUNTGROUP: Name = Name(74);
    /// `Unavailable`
    pub const UNAVAILABLE: Name = Name(75);
    /// `Unrecognized`
    pub const UNRECOGNIZED: Name = Name(76);
    /// `ImplicitId`
    pub const IMPLICITID: Name = Name(77);
    /// `ConsultativeTransfer`
    pub const CONSULTATIVETRANSFER: Name = Name(78);
    /// `CallForwardModeBased`
    pub const CALLFORWARDMODEBASED: Name = Name(79);
    /// `CallForwardSelective`
    pub const CALLFORWARDSELECTIVE: Name = Name(80);
    /// `CallForwardAlways`
    pub const CALLFORWARDALWAYS: Name = Name(81);
    /// `CallForwardNoAnswer`
    pub const CALLFORWARDNOANSWER: Name = Name(82);
    /// `CallForwardBusy`
    pub const CALLFORWARDBUSY: Name = Name(83);
    /// `CallForwardNotReachable`
    pub const CALLFORWARDNOTREACHABLE: Name = Name(84);
    /// `CallPickup`
    pub const CALLPICKUP: Name = Name(85);
    /// `DirectedCallPickup`
    pub const DIRECTEDCALLPICKUP: Name = Name(86);
    /// `CallPark`
    pub const CALLPARK: Name = Name(87);
    /// `CallParkRetrieve`
    pub const CALLPARKRETRIEVE: Name = Name(88);
    /// `CallRetrieve`
    pub const CALLRETRIEVE: Name = Name(89);
    /// `FaxDeposit`
    pub const FAXDEPOSIT: Name = Name(90);
    /// `PushNotificationRetrieval`
    pub const PUSHNOTIFICATIONRETRIEVAL: Name = Name(91);
    /// `BargeIn`
    pub const BARGEIN: Name = Name(92);
    /// `VoiceXMLScriptTermination`
    pub const VOICEXMLSCRIPTTERMINATION: Name = Name(93);
    /// `AnywhereLocation`
    pub const ANYWHERELOCATION: Name = Name(94);
    /// `AnywherePortal`
    pub const ANYWHEREPORTAL: Name = Name(95);
    /// `CallRecording`
    pub const CALLRECORDING: Name = Name(96);
    /// `Executive`
    pub const EXECUTIVE: Name = Name(97);
    /// `ExecutiveAssistantInitiateCall`
    pub const EXECUTIVEASSISTANTINITIATECALL: Name = Name(98);
    /// `ExecutiveAssistantDivert`
    pub const EXECUTIVEASSISTANTDIVERT: Name = Name(99);
    /// `ExecutiveForward`
    pub const EXECUTIVEFORWARD: Name = Name(100);
    /// `ExecutiveAssistantCallPush`
    pub const EXECUTIVEASSISTANTCALLPUSH: Name = Name(101);
    /// `Remote Office`
    pub const REMOTE_OFFICE: Name = Name(102);
    /// `RoutePoint`
    pub const ROUTEPOINT: Name = Name(103);
    /// `SequentialRing`
    pub const SEQUENTIALRING: Name = Name(104);
    /// `SimultaneousRingPersonal`
    pub const SIMULTANEOUSRINGPERSONAL: Name = Name(105);
    /// `CCMonitoringBI`
    pub const CCMONITORINGBI: Name = Name(106);
    /// `AutomatedAttendantVideo`
    pub const AUTOMATEDATTENDANTVIDEO: Name = Name(107);
    /// `Anchor`
    pub const ANCHOR: Name = Name(108);
    /// `BroadworksAnywhere`
    pub const BROADWORKSANYWHERE: Name = Name(109);
    /// `VoiceMailRetrieval`
    pub const VOICEMAILRETRIEVAL: Name = Name(110);
    /// `LocalGateway`
    pub const LOCALGATEWAY: Name = Name(111);
    /// `GroupPaging`
    pub const GROUPPAGING: Name = Name(112);
    /// `User`
    pub const USER: Name = Name(113);
    /// `VoiceMailGroup`
    pub const VOICEMAILGROUP: Name = Name(114);
    /// `CallCenterStandard`
    pub const CALLCENTERSTANDARD: Name = Name(115);
    /// `CallCenterPremium`
    pub const CALLCENTERPREMIUM: Name = Name(116);
    /// `VoiceXML`
    pub const VOICEXML: Name = Name(117);
    /// `Place`
    pub const PLACE: Name = Name(118);
    /// `VirtualLine`
    pub const VIRTUALLINE: Name = Name(119);
    /// `SIP`
    pub const SIP: Name = Name(120);
    /// `WXC_CLIENT`
    pub const WXC_CLIENT: Name = Name(121);
    /// `WXC_THIRD_PARTY`
    pub const WXC_THIRD_PARTY: Name = Name(122);
    /// `TEAMS_WXC_CLIENT`
    pub const TEAMS_WXC_CLIENT: Name = Name(123);
    /// `WXC_DEVICE`
    pub const WXC_DEVICE: Name = Name(124);
    /// `WXC_SIP_GW`
    pub const WXC_SIP_GW: Name = Name(125);
    /// `CISCO_SIP_GW`
    pub const CISCO_SIP_GW: Name = Name(126);
    /// `MOBILE_NETWORK`
    pub const MOBILE_NETWORK: Name = Name(127);
    /// `MOBILE_APP`
    pub const MOBILE_APP: Name = Name(128);
    /// `DESKTOP_APP`
    pub const DESKTOP_APP: Name = Name(129);
    /// `windows`
    pub const WINDOWS: Name = Name(130);
    /// `mac`
    pub const MAC: Name = Name(131);
    /// `ios`
    pub const IOS: Name = Name(132);
    /// `android`
    pub const ANDROID: Name = Name(133);
    /// `CustomerAssist`
    pub const CUSTOMERASSIST: Name = Name(134);
    /// `Webex`
    pub const WEBEX: Name = Name(135);
    /// `DubberRecorder`
    pub const DUBBERRECORDER: Name = Name(136);
    /// `successful`
    pub const SUCCESSFUL: Name = Name(137);
    /// `failed`
    pub const FAILED: Name = Name(138);
    /// `successful but not kept`
    pub const SUCCESSFUL_BUT_NOT_KEPT: Name = Name(139);
    /// `on-demand`
    pub const ON_DEMAND: Name = Name(140);
    /// `always-pause-resume`
    pub const ALWAYS_PAUSE_RESUME: Name = Name(141);
    /// `on-demand-user-start`
    pub const ON_DEMAND_USER_START: Name = Name(142);
    /// `call park`
    pub const CALL_PARK: Name = Name(143);
    /// `allow`
    pub const ALLOW: Name = Name(144);
    /// `captcha-allow`
    pub const CAPTCHA_ALLOW: Name = Name(145);
    /// `captcha-block`
    pub const CAPTCHA_BLOCK: Name = Name(146);
    /// `block`
    pub const BLOCK: Name = Name(147);
    /// `ELIN Pool`
    pub const ELIN_POOL: Name = Name(148);
    /// `Workspace ELIN`
    pub const WORKSPACE_ELIN: Name = Name(149);
    /// `Workspace ELIN Fallback`
    pub const WORKSPACE_ELIN_FALLBACK: Name = Name(150);
    /// `ECBN Fallback`
    pub const ECBN_FALLBACK: Name = Name(151);
    /// `ECBN`
    pub const ECBN: Name = Name(152);
    /// `call`
    pub const CALL: Name = Name(153);
    /// `forwarding-change`
    pub const FORWARDING_CHANGE: Name = Name(154);
    /// `admin-change`
    pub const ADMIN_CHANGE: Name = Name(155);
    /// `sign-in`
    pub const SIGN_IN: Name = Name(156);
    /// `001`
    pub const COUNTRY_001: Name = Name(2048);
    /// `AC`
    pub const COUNTRY_AC: Name = Name(2049);
    /// `AD`
    pub const COUNTRY_AD: Name = Name(2050);
    /// `AE`
    pub const COUNTRY_AE: Name = Name(2051);
    /// `AF`
    pub const COUNTRY_AF: Name = Name(2052);
    /// `AG`
    pub const COUNTRY_AG: Name = Name(2053);
    /// `AI`
    pub const COUNTRY_AI: Name = Name(2054);
    /// `AL`
    pub const COUNTRY_AL: Name = Name(2055);
    /// `AM`
    pub const COUNTRY_AM: Name = Name(2056);
    /// `AO`
    pub const COUNTRY_AO: Name = Name(2057);
    /// `AR`
    pub const COUNTRY_AR: Name = Name(2058);
    /// `AS`
    pub const COUNTRY_AS: Name = Name(2059);
    /// `AT`
    pub const COUNTRY_AT: Name = Name(2060);
    /// `AU`
    pub const COUNTRY_AU: Name = Name(2061);
    /// `AW`
    pub const COUNTRY_AW: Name = Name(2062);
    /// `AX`
    pub const COUNTRY_AX: Name = Name(2063);
    /// `AZ`
    pub const COUNTRY_AZ: Name = Name(2064);
    /// `BA`
    pub const COUNTRY_BA: Name = Name(2065);
    /// `BB`
    pub const COUNTRY_BB: Name = Name(2066);
    /// `BD`
    pub const COUNTRY_BD: Name = Name(2067);
    /// `BE`
    pub const COUNTRY_BE: Name = Name(2068);
    /// `BF`
    pub const COUNTRY_BF: Name = Name(2069);
    /// `BG`
    pub const COUNTRY_BG: Name = Name(2070);
    /// `BH`
    pub const COUNTRY_BH: Name = Name(2071);
    /// `BI`
    pub const COUNTRY_BI: Name = Name(2072);
    /// `BJ`
    pub const COUNTRY_BJ: Name = Name(2073);
    /// `BL`
    pub const COUNTRY_BL: Name = Name(2074);
    /// `BM`
    pub const COUNTRY_BM: Name = Name(2075);
    /// `BN`
    pub const COUNTRY_BN: Name = Name(2076);
    /// `BO`
    pub const COUNTRY_BO: Name = Name(2077);
    /// `BQ`
    pub const COUNTRY_BQ: Name = Name(2078);
    /// `BR`
    pub const COUNTRY_BR: Name = Name(2079);
    /// `BS`
    pub const COUNTRY_BS: Name = Name(2080);
    /// `BT`
    pub const COUNTRY_BT: Name = Name(2081);
    /// `BW`
    pub const COUNTRY_BW: Name = Name(2082);
    /// `BY`
    pub const COUNTRY_BY: Name = Name(2083);
    /// `BZ`
    pub const COUNTRY_BZ: Name = Name(2084);
    /// `CA`
    pub const COUNTRY_CA: Name = Name(2085);
    /// `CC`
    pub const COUNTRY_CC: Name = Name(2086);
    /// `CD`
    pub const COUNTRY_CD: Name = Name(2087);
    /// `CF`
    pub const COUNTRY_CF: Name = Name(2088);
    /// `CG`
    pub const COUNTRY_CG: Name = Name(2089);
    /// `CH`
    pub const COUNTRY_CH: Name = Name(2090);
    /// `CI`
    pub const COUNTRY_CI: Name = Name(2091);
    /// `CK`
    pub const COUNTRY_CK: Name = Name(2092);
    /// `CL`
    pub const COUNTRY_CL: Name = Name(2093);
    /// `CM`
    pub const COUNTRY_CM: Name = Name(2094);
    /// `CN`
    pub const COUNTRY_CN: Name = Name(2095);
    /// `CO`
    pub const COUNTRY_CO: Name = Name(2096);
    /// `CR`
    pub const COUNTRY_CR: Name = Name(2097);
    /// `CU`
    pub const COUNTRY_CU: Name = Name(2098);
    /// `CV`
    pub const COUNTRY_CV: Name = Name(2099);
    /// `CW`
    pub const COUNTRY_CW: Name = Name(2100);
    /// `CX`
    pub const COUNTRY_CX: Name = Name(2101);
    /// `CY`
    pub const COUNTRY_CY: Name = Name(2102);
    /// `CZ`
    pub const COUNTRY_CZ: Name = Name(2103);
    /// `DE`
    pub const COUNTRY_DE: Name = Name(2104);
    /// `DJ`
    pub const COUNTRY_DJ: Name = Name(2105);
    /// `DK`
    pub const COUNTRY_DK: Name = Name(2106);
    /// `DM`
    pub const COUNTRY_DM: Name = Name(2107);
    /// `DO`
    pub const COUNTRY_DO: Name = Name(2108);
    /// `DZ`
    pub const COUNTRY_DZ: Name = Name(2109);
    /// `EC`
    pub const COUNTRY_EC: Name = Name(2110);
    /// `EE`
    pub const COUNTRY_EE: Name = Name(2111);
    /// `EG`
    pub const COUNTRY_EG: Name = Name(2112);
    /// `EH`
    pub const COUNTRY_EH: Name = Name(2113);
    /// `ER`
    pub const COUNTRY_ER: Name = Name(2114);
    /// `ES`
    pub const COUNTRY_ES: Name = Name(2115);
    /// `ET`
    pub const COUNTRY_ET: Name = Name(2116);
    /// `FI`
    pub const COUNTRY_FI: Name = Name(2117);
    /// `FJ`
    pub const COUNTRY_FJ: Name = Name(2118);
    /// `FK`
    pub const COUNTRY_FK: Name = Name(2119);
    /// `FM`
    pub const COUNTRY_FM: Name = Name(2120);
    /// `FO`
    pub const COUNTRY_FO: Name = Name(2121);
    /// `FR`
    pub const COUNTRY_FR: Name = Name(2122);
    /// `GA`
    pub const COUNTRY_GA: Name = Name(2123);
    /// `GB`
    pub const COUNTRY_GB: Name = Name(2124);
    /// `GD`
    pub const COUNTRY_GD: Name = Name(2125);
    /// `GE`
    pub const COUNTRY_GE: Name = Name(2126);
    /// `GF`
    pub const COUNTRY_GF: Name = Name(2127);
    /// `GG`
    pub const COUNTRY_GG: Name = Name(2128);
    /// `GH`
    pub const COUNTRY_GH: Name = Name(2129);
    /// `GI`
    pub const COUNTRY_GI: Name = Name(2130);
    /// `GL`
    pub const COUNTRY_GL: Name = Name(2131);
    /// `GM`
    pub const COUNTRY_GM: Name = Name(2132);
    /// `GN`
    pub const COUNTRY_GN: Name = Name(2133);
    /// `GP`
    pub const COUNTRY_GP: Name = Name(2134);
    /// `GQ`
    pub const COUNTRY_GQ: Name = Name(2135);
    /// `GR`
    pub const COUNTRY_GR: Name = Name(2136);
    /// `GT`
    pub const COUNTRY_GT: Name = Name(2137);
    /// `GU`
    pub const COUNTRY_GU: Name = Name(2138);
    /// `GW`
    pub const COUNTRY_GW: Name = Name(2139);
    /// `GY`
    pub const COUNTRY_GY: Name = Name(2140);
    /// `HK`
    pub const COUNTRY_HK: Name = Name(2141);
    /// `HN`
    pub const COUNTRY_HN: Name = Name(2142);
    /// `HR`
    pub const COUNTRY_HR: Name = Name(2143);
    /// `HT`
    pub const COUNTRY_HT: Name = Name(2144);
    /// `HU`
    pub const COUNTRY_HU: Name = Name(2145);
    /// `ID`
    pub const COUNTRY_ID: Name = Name(2146);
    /// `IE`
    pub const COUNTRY_IE: Name = Name(2147);
    /// `IL`
    pub const COUNTRY_IL: Name = Name(2148);
    /// `IM`
    pub const COUNTRY_IM: Name = Name(2149);
    /// `IN`
    pub const COUNTRY_IN: Name = Name(2150);
    /// `IO`
    pub const COUNTRY_IO: Name = Name(2151);
    /// `IQ`
    pub const COUNTRY_IQ: Name = Name(2152);
    /// `IR`
    pub const COUNTRY_IR: Name = Name(2153);
    /// `IS`
    pub const COUNTRY_IS: Name = Name(2154);
    /// `IT`
    pub const COUNTRY_IT: Name = Name(2155);
    /// `JE`
    pub const COUNTRY_JE: Name = Name(2156);
    /// `JM`
    pub const COUNTRY_JM: Name = Name(2157);
    /// `JO`
    pub const COUNTRY_JO: Name = Name(2158);
    /// `JP`
    pub const COUNTRY_JP: Name = Name(2159);
    /// `KE`
    pub const COUNTRY_KE: Name = Name(2160);
    /// `KG`
    pub const COUNTRY_KG: Name = Name(2161);
    /// `KH`
    pub const COUNTRY_KH: Name = Name(2162);
    /// `KI`
    pub const COUNTRY_KI: Name = Name(2163);
    /// `KM`
    pub const COUNTRY_KM: Name = Name(2164);
    /// `KN`
    pub const COUNTRY_KN: Name = Name(2165);
    /// `KP`
    pub const COUNTRY_KP: Name = Name(2166);
    /// `KR`
    pub const COUNTRY_KR: Name = Name(2167);
    /// `KW`
    pub const COUNTRY_KW: Name = Name(2168);
    /// `KY`
    pub const COUNTRY_KY: Name = Name(2169);
    /// `KZ`
    pub const COUNTRY_KZ: Name = Name(2170);
    /// `LA`
    pub const COUNTRY_LA: Name = Name(2171);
    /// `LB`
    pub const COUNTRY_LB: Name = Name(2172);
    /// `LC`
    pub const COUNTRY_LC: Name = Name(2173);
    /// `LI`
    pub const COUNTRY_LI: Name = Name(2174);
    /// `LK`
    pub const COUNTRY_LK: Name = Name(2175);
    /// `LR`
    pub const COUNTRY_LR: Name = Name(2176);
    /// `LS`
    pub const COUNTRY_LS: Name = Name(2177);
    /// `LT`
    pub const COUNTRY_LT: Name = Name(2178);
    /// `LU`
    pub const COUNTRY_LU: Name = Name(2179);
    /// `LV`
    pub const COUNTRY_LV: Name = Name(2180);
    /// `LY`
    pub const COUNTRY_LY: Name = Name(2181);
    /// `MA`
    pub const COUNTRY_MA: Name = Name(2182);
    /// `MC`
    pub const COUNTRY_MC: Name = Name(2183);
    /// `MD`
    pub const COUNTRY_MD: Name = Name(2184);
    /// `ME`
    pub const COUNTRY_ME: Name = Name(2185);
    /// `MF`
    pub const COUNTRY_MF: Name = Name(2186);
    /// `MG`
    pub const COUNTRY_MG: Name = Name(2187);
    /// `MH`
    pub const COUNTRY_MH: Name = Name(2188);
    /// `MK`
    pub const COUNTRY_MK: Name = Name(2189);
    /// `ML`
    pub const COUNTRY_ML: Name = Name(2190);
    /// `MM`
    pub const COUNTRY_MM: Name = Name(2191);
    /// `MN`
    pub const COUNTRY_MN: Name = Name(2192);
    /// `MO`
    pub const COUNTRY_MO: Name = Name(2193);
    /// `MP`
    pub const COUNTRY_MP: Name = Name(2194);
    /// `MQ`
    pub const COUNTRY_MQ: Name = Name(2195);
    /// `MR`
    pub const COUNTRY_MR: Name = Name(2196);
    /// `MS`
    pub const COUNTRY_MS: Name = Name(2197);
    /// `MT`
    pub const COUNTRY_MT: Name = Name(2198);
    /// `MU`
    pub const COUNTRY_MU: Name = Name(2199);
    /// `MV`
    pub const COUNTRY_MV: Name = Name(2200);
    /// `MW`
    pub const COUNTRY_MW: Name = Name(2201);
    /// `MX`
    pub const COUNTRY_MX: Name = Name(2202);
    /// `MY`
    pub const COUNTRY_MY: Name = Name(2203);
    /// `MZ`
    pub const COUNTRY_MZ: Name = Name(2204);
    /// `NA`
    pub const COUNTRY_NA: Name = Name(2205);
    /// `NC`
    pub const COUNTRY_NC: Name = Name(2206);
    /// `NE`
    pub const COUNTRY_NE: Name = Name(2207);
    /// `NF`
    pub const COUNTRY_NF: Name = Name(2208);
    /// `NG`
    pub const COUNTRY_NG: Name = Name(2209);
    /// `NI`
    pub const COUNTRY_NI: Name = Name(2210);
    /// `NL`
    pub const COUNTRY_NL: Name = Name(2211);
    /// `NO`
    pub const COUNTRY_NO: Name = Name(2212);
    /// `NP`
    pub const COUNTRY_NP: Name = Name(2213);
    /// `NR`
    pub const COUNTRY_NR: Name = Name(2214);
    /// `NU`
    pub const COUNTRY_NU: Name = Name(2215);
    /// `NZ`
    pub const COUNTRY_NZ: Name = Name(2216);
    /// `OM`
    pub const COUNTRY_OM: Name = Name(2217);
    /// `PA`
    pub const COUNTRY_PA: Name = Name(2218);
    /// `PE`
    pub const COUNTRY_PE: Name = Name(2219);
    /// `PF`
    pub const COUNTRY_PF: Name = Name(2220);
    /// `PG`
    pub const COUNTRY_PG: Name = Name(2221);
    /// `PH`
    pub const COUNTRY_PH: Name = Name(2222);
    /// `PK`
    pub const COUNTRY_PK: Name = Name(2223);
    /// `PL`
    pub const COUNTRY_PL: Name = Name(2224);
    /// `PM`
    pub const COUNTRY_PM: Name = Name(2225);
    /// `PR`
    pub const COUNTRY_PR: Name = Name(2226);
    /// `PS`
    pub const COUNTRY_PS: Name = Name(2227);
    /// `PT`
    pub const COUNTRY_PT: Name = Name(2228);
    /// `PW`
    pub const COUNTRY_PW: Name = Name(2229);
    /// `PY`
    pub const COUNTRY_PY: Name = Name(2230);
    /// `QA`
    pub const COUNTRY_QA: Name = Name(2231);
    /// `RE`
    pub const COUNTRY_RE: Name = Name(2232);
    /// `RO`
    pub const COUNTRY_RO: Name = Name(2233);
    /// `RS`
    pub const COUNTRY_RS: Name = Name(2234);
    /// `RU`
    pub const COUNTRY_RU: Name = Name(2235);
    /// `RW`
    pub const COUNTRY_RW: Name = Name(2236);
    /// `SA`
    pub const COUNTRY_SA: Name = Name(2237);
    /// `SB`
    pub const COUNTRY_SB: Name = Name(2238);
    /// `SC`
    pub const COUNTRY_SC: Name = Name(2239);
    /// `SD`
    pub const COUNTRY_SD: Name = Name(2240);
    /// `SE`
    pub const COUNTRY_SE: Name = Name(2241);
    /// `SG`
    pub const COUNTRY_SG: Name = Name(2242);
    /// `SH`
    pub const COUNTRY_SH: Name = Name(2243);
    /// `SI`
    pub const COUNTRY_SI: Name = Name(2244);
    /// `SJ`
    pub const COUNTRY_SJ: Name = Name(2245);
    /// `SK`
    pub const COUNTRY_SK: Name = Name(2246);
    /// `SL`
    pub const COUNTRY_SL: Name = Name(2247);
    /// `SM`
    pub const COUNTRY_SM: Name = Name(2248);
    /// `SN`
    pub const COUNTRY_SN: Name = Name(2249);
    /// `SO`
    pub const COUNTRY_SO: Name = Name(2250);
    /// `SR`
    pub const COUNTRY_SR: Name = Name(2251);
    /// `SS`
    pub const COUNTRY_SS: Name = Name(2252);
    /// `ST`
    pub const COUNTRY_ST: Name = Name(2253);
    /// `SV`
    pub const COUNTRY_SV: Name = Name(2254);
    /// `SX`
    pub const COUNTRY_SX: Name = Name(2255);
    /// `SY`
    pub const COUNTRY_SY: Name = Name(2256);
    /// `SZ`
    pub const COUNTRY_SZ: Name = Name(2257);
    /// `TA`
    pub const COUNTRY_TA: Name = Name(2258);
    /// `TC`
    pub const COUNTRY_TC: Name = Name(2259);
    /// `TD`
    pub const COUNTRY_TD: Name = Name(2260);
    /// `TG`
    pub const COUNTRY_TG: Name = Name(2261);
    /// `TH`
    pub const COUNTRY_TH: Name = Name(2262);
    /// `TJ`
    pub const COUNTRY_TJ: Name = Name(2263);
    /// `TK`
    pub const COUNTRY_TK: Name = Name(2264);
    /// `TL`
    pub const COUNTRY_TL: Name = Name(2265);
    /// `TM`
    pub const COUNTRY_TM: Name = Name(2266);
    /// `TN`
    pub const COUNTRY_TN: Name = Name(2267);
    /// `TO`
    pub const COUNTRY_TO: Name = Name(2268);
    /// `TR`
    pub const COUNTRY_TR: Name = Name(2269);
    /// `TT`
    pub const COUNTRY_TT: Name = Name(2270);
    /// `TV`
    pub const COUNTRY_TV: Name = Name(2271);
    /// `TW`
    pub const COUNTRY_TW: Name = Name(2272);
    /// `TZ`
    pub const COUNTRY_TZ: Name = Name(2273);
    /// `UA`
    pub const COUNTRY_UA: Name = Name(2274);
    /// `UG`
    pub const COUNTRY_UG: Name = Name(2275);
    /// `US`
    pub const COUNTRY_US: Name = Name(2276);
    /// `UY`
    pub const COUNTRY_UY: Name = Name(2277);
    /// `UZ`
    pub const COUNTRY_UZ: Name = Name(2278);
    /// `VA`
    pub const COUNTRY_VA: Name = Name(2279);
    /// `VC`
    pub const COUNTRY_VC: Name = Name(2280);
    /// `VE`
    pub const COUNTRY_VE: Name = Name(2281);
    /// `VG`
    pub const COUNTRY_VG: Name = Name(2282);
    /// `VI`
    pub const COUNTRY_VI: Name = Name(2283);
    /// `VN`
    pub const COUNTRY_VN: Name = Name(2284);
    /// `VU`
    pub const COUNTRY_VU: Name = Name(2285);
    /// `WF`
    pub const COUNTRY_WF: Name = Name(2286);
    /// `WS`
    pub const COUNTRY_WS: Name = Name(2287);
    /// `XK`
    pub const COUNTRY_XK: Name = Name(2288);
    /// `YE`
    pub const COUNTRY_YE: Name = Name(2289);
    /// `YT`
    pub const COUNTRY_YT: Name = Name(2290);
    /// `ZA`
    pub const COUNTRY_ZA: Name = Name(2291);
    /// `ZM`
    pub const COUNTRY_ZM: Name = Name(2292);
    /// `ZW`
    pub const COUNTRY_ZW: Name = Name(2293);

    /// Text of a well-known value.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn text(name: Name) -> Option<&'static str> {
        VALUES.iter().find(|(handle, _)| *handle == name.0).map(|(_, text)| *text)
    }

    /// Well-known value of a text.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn from_text(text: &str) -> Option<Name> {
        VALUES.iter().find(|(_, value)| *value == text).map(|(handle, _)| Name(*handle))
    }

    #[cfg(not(target_family = "wasm"))]
    const VALUES: &[(u32, &str)] = &[
        (1, "ORIGINATING"),
        (2, "TERMINATING"),
        (3, "SIP_MEETING"),
        (4, "SIP_INTERNATIONAL"),
        (5, "SIP_SHORTCODE"),
        (6, "SIP_INBOUND"),
        (7, "UNKNOWN"),
        (8, "SIP_EMERGENCY"),
        (9, "SIP_PREMIUM"),
        (10, "SIP_ENTERPRISE"),
        (11, "SIP_TOLLFREE"),
        (12, "SIP_NATIONAL"),
        (13, "SIP_MOBILE"),
        (14, "SIP_URI"),
        (15, "SIP_OPERATOR"),
        (16, "SIP_CLICKTOCALL"),
        (17, "internal"),
        (18, "national"),
        (19, "mobile"),
        (20, "toll-free"),
        (21, "shared-cost"),
        (22, "premium"),
        (23, "international"),
        (24, "satellite"),
        (25, "short-code"),
        (26, "emergency"),
        (27, "invalid"),
        (28, "always"),
        (29, "busy"),
        (30, "no-answer"),
        (31, "business-continuity"),
        (32, "selective"),
        (33, "Yes"),
        (34, "No"),
        (35, "Yes-PostRedirection"),
        (36, "Local"),
        (37, "Remote"),
        (38, "Unknown"),
        (39, "Success"),
        (40, "Refusal"),
        (41, "Failure"),
        (42, "Normal"),
        (43, "UserBusy"),
        (44, "NoAnswer"),
        (45, "CallRejected"),
        (46, "UnassignedNumber"),
        (47, "SIP408"),
        (48, "InternalRequestTimeout"),
        (49, "Q850102ServerTimeout"),
        (50, "NoUserResponse"),
        (51, "NoAnswerFromUser"),
        (52, "SIP480"),
        (53, "SIP487"),
        (54, "TemporarilyUnavailable"),
        (55, "AdminCallBlock"),
        (56, "UserCallBlock"),
        (57, "Unreachable"),
        (58, "LocalGatewayLoop"),
        (59, "UserAbsent"),
        (60, "DestinationOutOfOrder"),
        (61, "SIP501"),
        (62, "SIP503"),
        (63, "ProtocolError"),
        (64, "SIP606"),
        (65, "NoRouteToDestination"),
        (66, "Internal"),
        (67, "MaxConcurrentTerminatingAlertingRequestsExceeded"),
        (68, "RouteListCalls"),
        (69, "Unconditional"),
        (70, "Deflection"),
        (71, "TimeOfDay"),
        (72, "FollowMe"),
        (73, "CallQueue"),
        (74, "HuntGroup"),
        (75, "Unavailable"),
        (76, "Unrecognized"),
        (77, "ImplicitId"),
        (78, "ConsultativeTransfer"),
        (79, "CallForwardModeBased"),
        (80, "CallForwardSelective"),
        (81, "CallForwardAlways"),
        (82, "CallForwardNoAnswer"),
        (83, "CallForwardBusy"),
        (84, "CallForwardNotReachable"),
        (85, "CallPickup"),
        (86, "DirectedCallPickup"),
        (87, "CallPark"),
        (88, "CallParkRetrieve"),
        (89, "CallRetrieve"),
        (90, "FaxDeposit"),
        (91, "PushNotificationRetrieval"),
        (92, "BargeIn"),
        (93, "VoiceXMLScriptTermination"),
        (94, "AnywhereLocation"),
        (95, "AnywherePortal"),
        (96, "CallRecording"),
        (97, "Executive"),
        (98, "ExecutiveAssistantInitiateCall"),
        (99, "ExecutiveAssistantDivert"),
        (100, "ExecutiveForward"),
        (101, "ExecutiveAssistantCallPush"),
        (102, "Remote Office"),
        (103, "RoutePoint"),
        (104, "SequentialRing"),
        (105, "SimultaneousRingPersonal"),
        (106, "CCMonitoringBI"),
        (107, "AutomatedAttendantVideo"),
        (108, "Anchor"),
        (109, "BroadworksAnywhere"),
        (110, "VoiceMailRetrieval"),
        (111, "LocalGateway"),
        (112, "GroupPaging"),
        (113, "User"),
        (114, "VoiceMailGroup"),
        (115, "CallCenterStandard"),
        (116, "CallCenterPremium"),
        (117, "VoiceXML"),
        (118, "Place"),
        (119, "VirtualLine"),
        (120, "SIP"),
        (121, "WXC_CLIENT"),
        (122, "WXC_THIRD_PARTY"),
        (123, "TEAMS_WXC_CLIENT"),
        (124, "WXC_DEVICE"),
        (125, "WXC_SIP_GW"),
        (126, "CISCO_SIP_GW"),
        (127, "MOBILE_NETWORK"),
        (128, "MOBILE_APP"),
        (129, "DESKTOP_APP"),
        (130, "windows"),
        (131, "mac"),
        (132, "ios"),
        (133, "android"),
        (134, "CustomerAssist"),
        (135, "Webex"),
        (136, "DubberRecorder"),
        (137, "successful"),
        (138, "failed"),
        (139, "successful but not kept"),
        (140, "on-demand"),
        (141, "always-pause-resume"),
        (142, "on-demand-user-start"),
        (143, "call park"),
        (144, "allow"),
        (145, "captcha-allow"),
        (146, "captcha-block"),
        (147, "block"),
        (148, "ELIN Pool"),
        (149, "Workspace ELIN"),
        (150, "Workspace ELIN Fallback"),
        (151, "ECBN Fallback"),
        (152, "ECBN"),
        (153, "call"),
        (154, "forwarding-change"),
        (155, "admin-change"),
        (156, "sign-in"),
        (2048, "001"),
        (2049, "AC"),
        (2050, "AD"),
        (2051, "AE"),
        (2052, "AF"),
        (2053, "AG"),
        (2054, "AI"),
        (2055, "AL"),
        (2056, "AM"),
        (2057, "AO"),
        (2058, "AR"),
        (2059, "AS"),
        (2060, "AT"),
        (2061, "AU"),
        (2062, "AW"),
        (2063, "AX"),
        (2064, "AZ"),
        (2065, "BA"),
        (2066, "BB"),
        (2067, "BD"),
        (2068, "BE"),
        (2069, "BF"),
        (2070, "BG"),
        (2071, "BH"),
        (2072, "BI"),
        (2073, "BJ"),
        (2074, "BL"),
        (2075, "BM"),
        (2076, "BN"),
        (2077, "BO"),
        (2078, "BQ"),
        (2079, "BR"),
        (2080, "BS"),
        (2081, "BT"),
        (2082, "BW"),
        (2083, "BY"),
        (2084, "BZ"),
        (2085, "CA"),
        (2086, "CC"),
        (2087, "CD"),
        (2088, "CF"),
        (2089, "CG"),
        (2090, "CH"),
        (2091, "CI"),
        (2092, "CK"),
        (2093, "CL"),
        (2094, "CM"),
        (2095, "CN"),
        (2096, "CO"),
        (2097, "CR"),
        (2098, "CU"),
        (2099, "CV"),
        (2100, "CW"),
        (2101, "CX"),
        (2102, "CY"),
        (2103, "CZ"),
        (2104, "DE"),
        (2105, "DJ"),
        (2106, "DK"),
        (2107, "DM"),
        (2108, "DO"),
        (2109, "DZ"),
        (2110, "EC"),
        (2111, "EE"),
        (2112, "EG"),
        (2113, "EH"),
        (2114, "ER"),
        (2115, "ES"),
        (2116, "ET"),
        (2117, "FI"),
        (2118, "FJ"),
        (2119, "FK"),
        (2120, "FM"),
        (2121, "FO"),
        (2122, "FR"),
        (2123, "GA"),
        (2124, "GB"),
        (2125, "GD"),
        (2126, "GE"),
        (2127, "GF"),
        (2128, "GG"),
        (2129, "GH"),
        (2130, "GI"),
        (2131, "GL"),
        (2132, "GM"),
        (2133, "GN"),
        (2134, "GP"),
        (2135, "GQ"),
        (2136, "GR"),
        (2137, "GT"),
        (2138, "GU"),
        (2139, "GW"),
        (2140, "GY"),
        (2141, "HK"),
        (2142, "HN"),
        (2143, "HR"),
        (2144, "HT"),
        (2145, "HU"),
        (2146, "ID"),
        (2147, "IE"),
        (2148, "IL"),
        (2149, "IM"),
        (2150, "IN"),
        (2151, "IO"),
        (2152, "IQ"),
        (2153, "IR"),
        (2154, "IS"),
        (2155, "IT"),
        (2156, "JE"),
        (2157, "JM"),
        (2158, "JO"),
        (2159, "JP"),
        (2160, "KE"),
        (2161, "KG"),
        (2162, "KH"),
        (2163, "KI"),
        (2164, "KM"),
        (2165, "KN"),
        (2166, "KP"),
        (2167, "KR"),
        (2168, "KW"),
        (2169, "KY"),
        (2170, "KZ"),
        (2171, "LA"),
        (2172, "LB"),
        (2173, "LC"),
        (2174, "LI"),
        (2175, "LK"),
        (2176, "LR"),
        (2177, "LS"),
        (2178, "LT"),
        (2179, "LU"),
        (2180, "LV"),
        (2181, "LY"),
        (2182, "MA"),
        (2183, "MC"),
        (2184, "MD"),
        (2185, "ME"),
        (2186, "MF"),
        (2187, "MG"),
        (2188, "MH"),
        (2189, "MK"),
        (2190, "ML"),
        (2191, "MM"),
        (2192, "MN"),
        (2193, "MO"),
        (2194, "MP"),
        (2195, "MQ"),
        (2196, "MR"),
        (2197, "MS"),
        (2198, "MT"),
        (2199, "MU"),
        (2200, "MV"),
        (2201, "MW"),
        (2202, "MX"),
        (2203, "MY"),
        (2204, "MZ"),
        (2205, "NA"),
        (2206, "NC"),
        (2207, "NE"),
        (2208, "NF"),
        (2209, "NG"),
        (2210, "NI"),
        (2211, "NL"),
        (2212, "NO"),
        (2213, "NP"),
        (2214, "NR"),
        (2215, "NU"),
        (2216, "NZ"),
        (2217, "OM"),
        (2218, "PA"),
        (2219, "PE"),
        (2220, "PF"),
        (2221, "PG"),
        (2222, "PH"),
        (2223, "PK"),
        (2224, "PL"),
        (2225, "PM"),
        (2226, "PR"),
        (2227, "PS"),
        (2228, "PT"),
        (2229, "PW"),
        (2230, "PY"),
        (2231, "QA"),
        (2232, "RE"),
        (2233, "RO"),
        (2234, "RS"),
        (2235, "RU"),
        (2236, "RW"),
        (2237, "SA"),
        (2238, "SB"),
        (2239, "SC"),
        (2240, "SD"),
        (2241, "SE"),
        (2242, "SG"),
        (2243, "SH"),
        (2244, "SI"),
        (2245, "SJ"),
        (2246, "SK"),
        (2247, "SL"),
        (2248, "SM"),
        (2249, "SN"),
        (2250, "SO"),
        (2251, "SR"),
        (2252, "SS"),
        (2253, "ST"),
        (2254, "SV"),
        (2255, "SX"),
        (2256, "SY"),
        (2257, "SZ"),
        (2258, "TA"),
        (2259, "TC"),
        (2260, "TD"),
        (2261, "TG"),
        (2262, "TH"),
        (2263, "TJ"),
        (2264, "TK"),
        (2265, "TL"),
        (2266, "TM"),
        (2267, "TN"),
        (2268, "TO"),
        (2269, "TR"),
        (2270, "TT"),
        (2271, "TV"),
        (2272, "TW"),
        (2273, "TZ"),
        (2274, "UA"),
        (2275, "UG"),
        (2276, "US"),
        (2277, "UY"),
        (2278, "UZ"),
        (2279, "VA"),
        (2280, "VC"),
        (2281, "VE"),
        (2282, "VG"),
        (2283, "VI"),
        (2284, "VN"),
        (2285, "VU"),
        (2286, "WF"),
        (2287, "WS"),
        (2288, "XK"),
        (2289, "YE"),
        (2290, "YT"),
        (2291, "ZA"),
        (2292, "ZM"),
        (2293, "ZW"),
    ];
}
