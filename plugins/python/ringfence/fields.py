"""Fields with their kinds, and well-known values.

Generated from the host's field table by `make generate`; do not edit.
"""

# Kind of each field's column.
KINDS = {
    "record_id": "id",
    "org": "name",
    "report_time": "millis",
    "correlation_id": "text",
    "interaction_id": "text",
    "call_id": "text",
    "local_call_id": "text",
    "remote_call_id": "text",
    "network_call_id": "text",
    "related_call_id": "text",
    "transfer_related_call_id": "text",
    "local_session_id": "text",
    "remote_session_id": "text",
    "final_local_session_id": "text",
    "final_remote_session_id": "text",
    "external_customer_id": "text",
    "start_time": "millis",
    "answer_time": "millis",
    "release_time": "millis",
    "call_transfer_time": "millis",
    "duration": "u32",
    "ring_duration": "u32",
    "hold_duration": "u32",
    "site_offset": "int",
    "direction": "enum",
    "calling_number": "phone",
    "called_number": "phone",
    "dialed_digits": "phone",
    "user_number": "phone",
    "calling_line_id": "text",
    "called_line_id": "text",
    "caller_id_number": "phone",
    "external_caller_id_number": "phone",
    "user_name": "name",
    "user_uuid": "name",
    "user_type": "enum",
    "device_owner": "name",
    "authorization_code": "text",
    "redirecting_number": "phone",
    "redirecting_party": "name",
    "original_called_party": "name",
    "public_calling_ip": "text",
    "public_called_ip": "text",
    "international_country": "name",
    "location": "name",
    "site": "name",
    "site_main_number": "phone",
    "department": "name",
    "client_type": "enum",
    "client_version": "name",
    "sub_client_type": "enum",
    "os_type": "enum",
    "model": "name",
    "device_mac": "name",
    "inbound_trunk": "name",
    "outbound_trunk": "name",
    "route_group": "name",
    "route_list_overage": "u32",
    "pstn_vendor_name": "name",
    "pstn_legal_entity": "name",
    "pstn_vendor_org": "name",
    "pstn_provider": "name",
    "call_type": "enum",
    "answered": "bool",
    "answer_indicator": "enum",
    "answered_elsewhere": "bool",
    "answer_reason": "enum",
    "releasing_party": "enum",
    "call_outcome": "enum",
    "call_outcome_reason": "enum",
    "original_reason": "enum",
    "redirect_reason": "enum",
    "related_reason": "enum",
    "transfer_type": "enum",
    "transfer_type_context": "name",
    "recall_type": "enum",
    "auto_attendant_key": "name",
    "queue_type": "enum",
    "recording_platform": "enum",
    "recording_result": "enum",
    "recording_trigger": "enum",
    "caller_reputation_score": "float",
    "caller_reputation_result": "enum",
    "caller_reputation_reason": "name",
    "wxcc_consult_merge_status": "enum",
    "elin": "phone",
    "emergency_number_source": "enum",
    "event": "enum",
    "user": "name",
    "country": "name",
    "zone": "name",
    "local_offset": "int",
    "calling_class": "enum",
    "calling_country": "name",
    "called_class": "enum",
    "called_country": "name",
    "called_ours": "bool",
    "calling_ours": "bool",
    "forward_mode": "enum",
    "forward_enabled": "bool",
    "forward_from": "phone",
    "forward_to": "phone",
    "forward_class": "enum",
    "forward_country": "name",
    "actor": "name",
    "actor_ip": "text",
    "actor_user_agent": "text",
    "category": "name",
    "description": "text",
    "target": "name",
    "target_type": "name",
    "success": "bool",
}


class known:
    """Handles of well-known values."""

    ORIGINATING = 1
    TERMINATING = 2
    SIP_MEETING = 3
    SIP_INTERNATIONAL = 4
    SIP_SHORTCODE = 5
    SIP_INBOUND = 6
    UNKNOWN = 7
    SIP_EMERGENCY = 8
    SIP_PREMIUM = 9
    SIP_ENTERPRISE = 10
    SIP_TOLLFREE = 11
    SIP_NATIONAL = 12
    SIP_MOBILE = 13
    SIP_URI = 14
    SIP_OPERATOR = 15
    SIP_CLICKTOCALL = 16
    INTERNAL = 17
    NATIONAL = 18
    MOBILE = 19
    TOLL_FREE = 20
    SHARED_COST = 21
    PREMIUM = 22
    INTERNATIONAL = 23
    SATELLITE = 24
    SHORT_CODE = 25
    EMERGENCY = 26
    INVALID = 27
    ALWAYS = 28
    BUSY = 29
    NO_ANSWER = 30
    BUSINESS_CONTINUITY = 31
    SELECTIVE = 32
    YES = 33
    NO = 34
    YES_POSTREDIRECTION = 35
    LOCAL = 36
    REMOTE = 37
    UNKNOWN_38 = 38
    SUCCESS = 39
    REFUSAL = 40
    FAILURE = 41
    NORMAL = 42
    USERBUSY = 43
    NOANSWER = 44
    CALLREJECTED = 45
    UNASSIGNEDNUMBER = 46
    SIP408 = 47
    INTERNALREQUESTTIMEOUT = 48
    Q850102SERVERTIMEOUT = 49
    NOUSERRESPONSE = 50
    NOANSWERFROMUSER = 51
    SIP480 = 52
    SIP487 = 53
    TEMPORARILYUNAVAILABLE = 54
    ADMINCALLBLOCK = 55
    USERCALLBLOCK = 56
    UNREACHABLE = 57
    LOCALGATEWAYLOOP = 58
    USERABSENT = 59
    DESTINATIONOUTOFORDER = 60
    SIP501 = 61
    SIP503 = 62
    PROTOCOLERROR = 63
    SIP606 = 64
    NOROUTETODESTINATION = 65
    INTERNAL_66 = 66
    MAXCONCURRENTTERMINATINGALERTINGREQUESTSEXCEEDED = 67
    ROUTELISTCALLS = 68
    UNCONDITIONAL = 69
    DEFLECTION = 70
    TIMEOFDAY = 71
    FOLLOWME = 72
    CALLQUEUE = 73
    HUNTGROUP = 74
    UNAVAILABLE = 75
    UNRECOGNIZED = 76
    IMPLICITID = 77
    CONSULTATIVETRANSFER = 78
    CALLFORWARDMODEBASED = 79
    CALLFORWARDSELECTIVE = 80
    CALLFORWARDALWAYS = 81
    CALLFORWARDNOANSWER = 82
    CALLFORWARDBUSY = 83
    CALLFORWARDNOTREACHABLE = 84
    CALLPICKUP = 85
    DIRECTEDCALLPICKUP = 86
    CALLPARK = 87
    CALLPARKRETRIEVE = 88
    CALLRETRIEVE = 89
    FAXDEPOSIT = 90
    PUSHNOTIFICATIONRETRIEVAL = 91
    BARGEIN = 92
    VOICEXMLSCRIPTTERMINATION = 93
    ANYWHERELOCATION = 94
    ANYWHEREPORTAL = 95
    CALLRECORDING = 96
    EXECUTIVE = 97
    EXECUTIVEASSISTANTINITIATECALL = 98
    EXECUTIVEASSISTANTDIVERT = 99
    EXECUTIVEFORWARD = 100
    EXECUTIVEASSISTANTCALLPUSH = 101
    REMOTE_OFFICE = 102
    ROUTEPOINT = 103
    SEQUENTIALRING = 104
    SIMULTANEOUSRINGPERSONAL = 105
    CCMONITORINGBI = 106
    AUTOMATEDATTENDANTVIDEO = 107
    ANCHOR = 108
    BROADWORKSANYWHERE = 109
    VOICEMAILRETRIEVAL = 110
    LOCALGATEWAY = 111
    GROUPPAGING = 112
    USER = 113
    VOICEMAILGROUP = 114
    CALLCENTERSTANDARD = 115
    CALLCENTERPREMIUM = 116
    VOICEXML = 117
    PLACE = 118
    VIRTUALLINE = 119
    SIP = 120
    WXC_CLIENT = 121
    WXC_THIRD_PARTY = 122
    TEAMS_WXC_CLIENT = 123
    WXC_DEVICE = 124
    WXC_SIP_GW = 125
    CISCO_SIP_GW = 126
    MOBILE_NETWORK = 127
    MOBILE_APP = 128
    DESKTOP_APP = 129
    WINDOWS = 130
    MAC = 131
    IOS = 132
    ANDROID = 133
    CUSTOMERASSIST = 134
    WEBEX = 135
    DUBBERRECORDER = 136
    SUCCESSFUL = 137
    FAILED = 138
    SUCCESSFUL_BUT_NOT_KEPT = 139
    ON_DEMAND = 140
    ALWAYS_PAUSE_RESUME = 141
    ON_DEMAND_USER_START = 142
    CALL_PARK = 143
    ALLOW = 144
    CAPTCHA_ALLOW = 145
    CAPTCHA_BLOCK = 146
    BLOCK = 147
    ELIN_POOL = 148
    WORKSPACE_ELIN = 149
    WORKSPACE_ELIN_FALLBACK = 150
    ECBN_FALLBACK = 151
    ECBN = 152
    CALL = 153
    FORWARDING_CHANGE = 154
    ADMIN_CHANGE = 155
    SIGN_IN = 156
    COUNTRY_001 = 2048
    COUNTRY_AC = 2049
    COUNTRY_AD = 2050
    COUNTRY_AE = 2051
    COUNTRY_AF = 2052
    COUNTRY_AG = 2053
    COUNTRY_AI = 2054
    COUNTRY_AL = 2055
    COUNTRY_AM = 2056
    COUNTRY_AO = 2057
    COUNTRY_AR = 2058
    COUNTRY_AS = 2059
    COUNTRY_AT = 2060
    COUNTRY_AU = 2061
    COUNTRY_AW = 2062
    COUNTRY_AX = 2063
    COUNTRY_AZ = 2064
    COUNTRY_BA = 2065
    COUNTRY_BB = 2066
    COUNTRY_BD = 2067
    COUNTRY_BE = 2068
    COUNTRY_BF = 2069
    COUNTRY_BG = 2070
    COUNTRY_BH = 2071
    COUNTRY_BI = 2072
    COUNTRY_BJ = 2073
    COUNTRY_BL = 2074
    COUNTRY_BM = 2075
    COUNTRY_BN = 2076
    COUNTRY_BO = 2077
    COUNTRY_BQ = 2078
    COUNTRY_BR = 2079
    COUNTRY_BS = 2080
    COUNTRY_BT = 2081
    COUNTRY_BW = 2082
    COUNTRY_BY = 2083
    COUNTRY_BZ = 2084
    COUNTRY_CA = 2085
    COUNTRY_CC = 2086
    COUNTRY_CD = 2087
    COUNTRY_CF = 2088
    COUNTRY_CG = 2089
    COUNTRY_CH = 2090
    COUNTRY_CI = 2091
    COUNTRY_CK = 2092
    COUNTRY_CL = 2093
    COUNTRY_CM = 2094
    COUNTRY_CN = 2095
    COUNTRY_CO = 2096
    COUNTRY_CR = 2097
    COUNTRY_CU = 2098
    COUNTRY_CV = 2099
    COUNTRY_CW = 2100
    COUNTRY_CX = 2101
    COUNTRY_CY = 2102
    COUNTRY_CZ = 2103
    COUNTRY_DE = 2104
    COUNTRY_DJ = 2105
    COUNTRY_DK = 2106
    COUNTRY_DM = 2107
    COUNTRY_DO = 2108
    COUNTRY_DZ = 2109
    COUNTRY_EC = 2110
    COUNTRY_EE = 2111
    COUNTRY_EG = 2112
    COUNTRY_EH = 2113
    COUNTRY_ER = 2114
    COUNTRY_ES = 2115
    COUNTRY_ET = 2116
    COUNTRY_FI = 2117
    COUNTRY_FJ = 2118
    COUNTRY_FK = 2119
    COUNTRY_FM = 2120
    COUNTRY_FO = 2121
    COUNTRY_FR = 2122
    COUNTRY_GA = 2123
    COUNTRY_GB = 2124
    COUNTRY_GD = 2125
    COUNTRY_GE = 2126
    COUNTRY_GF = 2127
    COUNTRY_GG = 2128
    COUNTRY_GH = 2129
    COUNTRY_GI = 2130
    COUNTRY_GL = 2131
    COUNTRY_GM = 2132
    COUNTRY_GN = 2133
    COUNTRY_GP = 2134
    COUNTRY_GQ = 2135
    COUNTRY_GR = 2136
    COUNTRY_GT = 2137
    COUNTRY_GU = 2138
    COUNTRY_GW = 2139
    COUNTRY_GY = 2140
    COUNTRY_HK = 2141
    COUNTRY_HN = 2142
    COUNTRY_HR = 2143
    COUNTRY_HT = 2144
    COUNTRY_HU = 2145
    COUNTRY_ID = 2146
    COUNTRY_IE = 2147
    COUNTRY_IL = 2148
    COUNTRY_IM = 2149
    COUNTRY_IN = 2150
    COUNTRY_IO = 2151
    COUNTRY_IQ = 2152
    COUNTRY_IR = 2153
    COUNTRY_IS = 2154
    COUNTRY_IT = 2155
    COUNTRY_JE = 2156
    COUNTRY_JM = 2157
    COUNTRY_JO = 2158
    COUNTRY_JP = 2159
    COUNTRY_KE = 2160
    COUNTRY_KG = 2161
    COUNTRY_KH = 2162
    COUNTRY_KI = 2163
    COUNTRY_KM = 2164
    COUNTRY_KN = 2165
    COUNTRY_KP = 2166
    COUNTRY_KR = 2167
    COUNTRY_KW = 2168
    COUNTRY_KY = 2169
    COUNTRY_KZ = 2170
    COUNTRY_LA = 2171
    COUNTRY_LB = 2172
    COUNTRY_LC = 2173
    COUNTRY_LI = 2174
    COUNTRY_LK = 2175
    COUNTRY_LR = 2176
    COUNTRY_LS = 2177
    COUNTRY_LT = 2178
    COUNTRY_LU = 2179
    COUNTRY_LV = 2180
    COUNTRY_LY = 2181
    COUNTRY_MA = 2182
    COUNTRY_MC = 2183
    COUNTRY_MD = 2184
    COUNTRY_ME = 2185
    COUNTRY_MF = 2186
    COUNTRY_MG = 2187
    COUNTRY_MH = 2188
    COUNTRY_MK = 2189
    COUNTRY_ML = 2190
    COUNTRY_MM = 2191
    COUNTRY_MN = 2192
    COUNTRY_MO = 2193
    COUNTRY_MP = 2194
    COUNTRY_MQ = 2195
    COUNTRY_MR = 2196
    COUNTRY_MS = 2197
    COUNTRY_MT = 2198
    COUNTRY_MU = 2199
    COUNTRY_MV = 2200
    COUNTRY_MW = 2201
    COUNTRY_MX = 2202
    COUNTRY_MY = 2203
    COUNTRY_MZ = 2204
    COUNTRY_NA = 2205
    COUNTRY_NC = 2206
    COUNTRY_NE = 2207
    COUNTRY_NF = 2208
    COUNTRY_NG = 2209
    COUNTRY_NI = 2210
    COUNTRY_NL = 2211
    COUNTRY_NO = 2212
    COUNTRY_NP = 2213
    COUNTRY_NR = 2214
    COUNTRY_NU = 2215
    COUNTRY_NZ = 2216
    COUNTRY_OM = 2217
    COUNTRY_PA = 2218
    COUNTRY_PE = 2219
    COUNTRY_PF = 2220
    COUNTRY_PG = 2221
    COUNTRY_PH = 2222
    COUNTRY_PK = 2223
    COUNTRY_PL = 2224
    COUNTRY_PM = 2225
    COUNTRY_PR = 2226
    COUNTRY_PS = 2227
    COUNTRY_PT = 2228
    COUNTRY_PW = 2229
    COUNTRY_PY = 2230
    COUNTRY_QA = 2231
    COUNTRY_RE = 2232
    COUNTRY_RO = 2233
    COUNTRY_RS = 2234
    COUNTRY_RU = 2235
    COUNTRY_RW = 2236
    COUNTRY_SA = 2237
    COUNTRY_SB = 2238
    COUNTRY_SC = 2239
    COUNTRY_SD = 2240
    COUNTRY_SE = 2241
    COUNTRY_SG = 2242
    COUNTRY_SH = 2243
    COUNTRY_SI = 2244
    COUNTRY_SJ = 2245
    COUNTRY_SK = 2246
    COUNTRY_SL = 2247
    COUNTRY_SM = 2248
    COUNTRY_SN = 2249
    COUNTRY_SO = 2250
    COUNTRY_SR = 2251
    COUNTRY_SS = 2252
    COUNTRY_ST = 2253
    COUNTRY_SV = 2254
    COUNTRY_SX = 2255
    COUNTRY_SY = 2256
    COUNTRY_SZ = 2257
    COUNTRY_TA = 2258
    COUNTRY_TC = 2259
    COUNTRY_TD = 2260
    COUNTRY_TG = 2261
    COUNTRY_TH = 2262
    COUNTRY_TJ = 2263
    COUNTRY_TK = 2264
    COUNTRY_TL = 2265
    COUNTRY_TM = 2266
    COUNTRY_TN = 2267
    COUNTRY_TO = 2268
    COUNTRY_TR = 2269
    COUNTRY_TT = 2270
    COUNTRY_TV = 2271
    COUNTRY_TW = 2272
    COUNTRY_TZ = 2273
    COUNTRY_UA = 2274
    COUNTRY_UG = 2275
    COUNTRY_US = 2276
    COUNTRY_UY = 2277
    COUNTRY_UZ = 2278
    COUNTRY_VA = 2279
    COUNTRY_VC = 2280
    COUNTRY_VE = 2281
    COUNTRY_VG = 2282
    COUNTRY_VI = 2283
    COUNTRY_VN = 2284
    COUNTRY_VU = 2285
    COUNTRY_WF = 2286
    COUNTRY_WS = 2287
    COUNTRY_XK = 2288
    COUNTRY_YE = 2289
    COUNTRY_YT = 2290
    COUNTRY_ZA = 2291
    COUNTRY_ZM = 2292
    COUNTRY_ZW = 2293


# Texts of well-known values.
VALUES = {
    1: "ORIGINATING",
    2: "TERMINATING",
    3: "SIP_MEETING",
    4: "SIP_INTERNATIONAL",
    5: "SIP_SHORTCODE",
    6: "SIP_INBOUND",
    7: "UNKNOWN",
    8: "SIP_EMERGENCY",
    9: "SIP_PREMIUM",
    10: "SIP_ENTERPRISE",
    11: "SIP_TOLLFREE",
    12: "SIP_NATIONAL",
    13: "SIP_MOBILE",
    14: "SIP_URI",
    15: "SIP_OPERATOR",
    16: "SIP_CLICKTOCALL",
    17: "internal",
    18: "national",
    19: "mobile",
    20: "toll-free",
    21: "shared-cost",
    22: "premium",
    23: "international",
    24: "satellite",
    25: "short-code",
    26: "emergency",
    27: "invalid",
    28: "always",
    29: "busy",
    30: "no-answer",
    31: "business-continuity",
    32: "selective",
    33: "Yes",
    34: "No",
    35: "Yes-PostRedirection",
    36: "Local",
    37: "Remote",
    38: "Unknown",
    39: "Success",
    40: "Refusal",
    41: "Failure",
    42: "Normal",
    43: "UserBusy",
    44: "NoAnswer",
    45: "CallRejected",
    46: "UnassignedNumber",
    47: "SIP408",
    48: "InternalRequestTimeout",
    49: "Q850102ServerTimeout",
    50: "NoUserResponse",
    51: "NoAnswerFromUser",
    52: "SIP480",
    53: "SIP487",
    54: "TemporarilyUnavailable",
    55: "AdminCallBlock",
    56: "UserCallBlock",
    57: "Unreachable",
    58: "LocalGatewayLoop",
    59: "UserAbsent",
    60: "DestinationOutOfOrder",
    61: "SIP501",
    62: "SIP503",
    63: "ProtocolError",
    64: "SIP606",
    65: "NoRouteToDestination",
    66: "Internal",
    67: "MaxConcurrentTerminatingAlertingRequestsExceeded",
    68: "RouteListCalls",
    69: "Unconditional",
    70: "Deflection",
    71: "TimeOfDay",
    72: "FollowMe",
    73: "CallQueue",
    74: "HuntGroup",
    75: "Unavailable",
    76: "Unrecognized",
    77: "ImplicitId",
    78: "ConsultativeTransfer",
    79: "CallForwardModeBased",
    80: "CallForwardSelective",
    81: "CallForwardAlways",
    82: "CallForwardNoAnswer",
    83: "CallForwardBusy",
    84: "CallForwardNotReachable",
    85: "CallPickup",
    86: "DirectedCallPickup",
    87: "CallPark",
    88: "CallParkRetrieve",
    89: "CallRetrieve",
    90: "FaxDeposit",
    91: "PushNotificationRetrieval",
    92: "BargeIn",
    93: "VoiceXMLScriptTermination",
    94: "AnywhereLocation",
    95: "AnywherePortal",
    96: "CallRecording",
    97: "Executive",
    98: "ExecutiveAssistantInitiateCall",
    99: "ExecutiveAssistantDivert",
    100: "ExecutiveForward",
    101: "ExecutiveAssistantCallPush",
    102: "Remote Office",
    103: "RoutePoint",
    104: "SequentialRing",
    105: "SimultaneousRingPersonal",
    106: "CCMonitoringBI",
    107: "AutomatedAttendantVideo",
    108: "Anchor",
    109: "BroadworksAnywhere",
    110: "VoiceMailRetrieval",
    111: "LocalGateway",
    112: "GroupPaging",
    113: "User",
    114: "VoiceMailGroup",
    115: "CallCenterStandard",
    116: "CallCenterPremium",
    117: "VoiceXML",
    118: "Place",
    119: "VirtualLine",
    120: "SIP",
    121: "WXC_CLIENT",
    122: "WXC_THIRD_PARTY",
    123: "TEAMS_WXC_CLIENT",
    124: "WXC_DEVICE",
    125: "WXC_SIP_GW",
    126: "CISCO_SIP_GW",
    127: "MOBILE_NETWORK",
    128: "MOBILE_APP",
    129: "DESKTOP_APP",
    130: "windows",
    131: "mac",
    132: "ios",
    133: "android",
    134: "CustomerAssist",
    135: "Webex",
    136: "DubberRecorder",
    137: "successful",
    138: "failed",
    139: "successful but not kept",
    140: "on-demand",
    141: "always-pause-resume",
    142: "on-demand-user-start",
    143: "call park",
    144: "allow",
    145: "captcha-allow",
    146: "captcha-block",
    147: "block",
    148: "ELIN Pool",
    149: "Workspace ELIN",
    150: "Workspace ELIN Fallback",
    151: "ECBN Fallback",
    152: "ECBN",
    153: "call",
    154: "forwarding-change",
    155: "admin-change",
    156: "sign-in",
    2048: "001",
    2049: "AC",
    2050: "AD",
    2051: "AE",
    2052: "AF",
    2053: "AG",
    2054: "AI",
    2055: "AL",
    2056: "AM",
    2057: "AO",
    2058: "AR",
    2059: "AS",
    2060: "AT",
    2061: "AU",
    2062: "AW",
    2063: "AX",
    2064: "AZ",
    2065: "BA",
    2066: "BB",
    2067: "BD",
    2068: "BE",
    2069: "BF",
    2070: "BG",
    2071: "BH",
    2072: "BI",
    2073: "BJ",
    2074: "BL",
    2075: "BM",
    2076: "BN",
    2077: "BO",
    2078: "BQ",
    2079: "BR",
    2080: "BS",
    2081: "BT",
    2082: "BW",
    2083: "BY",
    2084: "BZ",
    2085: "CA",
    2086: "CC",
    2087: "CD",
    2088: "CF",
    2089: "CG",
    2090: "CH",
    2091: "CI",
    2092: "CK",
    2093: "CL",
    2094: "CM",
    2095: "CN",
    2096: "CO",
    2097: "CR",
    2098: "CU",
    2099: "CV",
    2100: "CW",
    2101: "CX",
    2102: "CY",
    2103: "CZ",
    2104: "DE",
    2105: "DJ",
    2106: "DK",
    2107: "DM",
    2108: "DO",
    2109: "DZ",
    2110: "EC",
    2111: "EE",
    2112: "EG",
    2113: "EH",
    2114: "ER",
    2115: "ES",
    2116: "ET",
    2117: "FI",
    2118: "FJ",
    2119: "FK",
    2120: "FM",
    2121: "FO",
    2122: "FR",
    2123: "GA",
    2124: "GB",
    2125: "GD",
    2126: "GE",
    2127: "GF",
    2128: "GG",
    2129: "GH",
    2130: "GI",
    2131: "GL",
    2132: "GM",
    2133: "GN",
    2134: "GP",
    2135: "GQ",
    2136: "GR",
    2137: "GT",
    2138: "GU",
    2139: "GW",
    2140: "GY",
    2141: "HK",
    2142: "HN",
    2143: "HR",
    2144: "HT",
    2145: "HU",
    2146: "ID",
    2147: "IE",
    2148: "IL",
    2149: "IM",
    2150: "IN",
    2151: "IO",
    2152: "IQ",
    2153: "IR",
    2154: "IS",
    2155: "IT",
    2156: "JE",
    2157: "JM",
    2158: "JO",
    2159: "JP",
    2160: "KE",
    2161: "KG",
    2162: "KH",
    2163: "KI",
    2164: "KM",
    2165: "KN",
    2166: "KP",
    2167: "KR",
    2168: "KW",
    2169: "KY",
    2170: "KZ",
    2171: "LA",
    2172: "LB",
    2173: "LC",
    2174: "LI",
    2175: "LK",
    2176: "LR",
    2177: "LS",
    2178: "LT",
    2179: "LU",
    2180: "LV",
    2181: "LY",
    2182: "MA",
    2183: "MC",
    2184: "MD",
    2185: "ME",
    2186: "MF",
    2187: "MG",
    2188: "MH",
    2189: "MK",
    2190: "ML",
    2191: "MM",
    2192: "MN",
    2193: "MO",
    2194: "MP",
    2195: "MQ",
    2196: "MR",
    2197: "MS",
    2198: "MT",
    2199: "MU",
    2200: "MV",
    2201: "MW",
    2202: "MX",
    2203: "MY",
    2204: "MZ",
    2205: "NA",
    2206: "NC",
    2207: "NE",
    2208: "NF",
    2209: "NG",
    2210: "NI",
    2211: "NL",
    2212: "NO",
    2213: "NP",
    2214: "NR",
    2215: "NU",
    2216: "NZ",
    2217: "OM",
    2218: "PA",
    2219: "PE",
    2220: "PF",
    2221: "PG",
    2222: "PH",
    2223: "PK",
    2224: "PL",
    2225: "PM",
    2226: "PR",
    2227: "PS",
    2228: "PT",
    2229: "PW",
    2230: "PY",
    2231: "QA",
    2232: "RE",
    2233: "RO",
    2234: "RS",
    2235: "RU",
    2236: "RW",
    2237: "SA",
    2238: "SB",
    2239: "SC",
    2240: "SD",
    2241: "SE",
    2242: "SG",
    2243: "SH",
    2244: "SI",
    2245: "SJ",
    2246: "SK",
    2247: "SL",
    2248: "SM",
    2249: "SN",
    2250: "SO",
    2251: "SR",
    2252: "SS",
    2253: "ST",
    2254: "SV",
    2255: "SX",
    2256: "SY",
    2257: "SZ",
    2258: "TA",
    2259: "TC",
    2260: "TD",
    2261: "TG",
    2262: "TH",
    2263: "TJ",
    2264: "TK",
    2265: "TL",
    2266: "TM",
    2267: "TN",
    2268: "TO",
    2269: "TR",
    2270: "TT",
    2271: "TV",
    2272: "TW",
    2273: "TZ",
    2274: "UA",
    2275: "UG",
    2276: "US",
    2277: "UY",
    2278: "UZ",
    2279: "VA",
    2280: "VC",
    2281: "VE",
    2282: "VG",
    2283: "VI",
    2284: "VN",
    2285: "VU",
    2286: "WF",
    2287: "WS",
    2288: "XK",
    2289: "YE",
    2290: "YT",
    2291: "ZA",
    2292: "ZM",
    2293: "ZW",
}
