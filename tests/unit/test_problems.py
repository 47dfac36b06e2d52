"""Whole rendered messages of typical mistakes: what a user reads, line by line."""

from __future__ import annotations

import pytest

from reality_jobs import InvalidFilter, parse, problems
from reality_jobs.diagnostics import Problem
from reality_jobs.nodes import Span

MISTAKES = [
    (
        "stat eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z",
        "unknown property 'stat'; did you mean 'state'?\n"
        "  stat eq 'Success' and createdDateTime gt 2024-06-24T13:00:00Z\n"
        "  ^^^^",
    ),
    (
        "status eq 'Success'",
        "unknown property 'status'; did you mean 'state'?\n  status eq 'Success'\n  ^^^^^^",
    ),
    (
        "foo eq 'x'",
        "unknown property 'foo'\n"
        "  foo eq 'x'\n"
        "  ^^^\n"
        "  hint: the properties are id, iTwinId, name, email, type, state, createdDateTime, inputId, outputId",
    ),
    (
        "state = 'Success'",
        "'=' is written eq\n  state = 'Success'\n        ^",
    ),
    (
        "state eq Success",
        "text is written in quotes: 'Success'\n  state eq Success\n           ^^^^^^^",
    ),
    (
        'state eq "Success"',
        "text is written in single quotes\n  state eq \"Success\"\n           ^^^^^^^^^\n  write 'Success'",
    ),
    (
        "state eq",
        "nothing follows 'eq'\n  state eq\n        ^^\n  hint: as in state eq 'Success'",
    ),
    (
        "state",
        "'state' is compared with nothing\n  state\n  ^^^^^\n  hint: as in state eq 'Success'",
    ),
    (
        "state 'Success'",
        "an operator is missing before 'Success'\n"
        "  state 'Success'\n"
        "        ^^^^^^^^^\n"
        "  hint: as in state eq 'Success'",
    ),
    (
        "'Success' eq state",
        "the property stands to the left of the operator\n"
        "  'Success' eq state\n"
        "  ^^^^^^^^^^^^^^^^^^\n"
        "  write state eq 'Success'",
    ),
    (
        "state eq 'Success",
        "this text is never closed\n"
        "  state eq 'Success\n"
        "           ^^^^^^^^\n"
        "  hint: a quote inside text is doubled, as in 'O''Brien'",
    ),
    (
        "name eq 'lee's'",
        "a quote inside text is doubled\n  name eq 'lee's'\n          ^^^^^^^\n  write 'lee''s'",
    ),
    (
        "name eq 'rock 'n' roll'",
        "the text ends here, and something follows it at once\n"
        "  name eq 'rock 'n' roll'\n"
        "          ^^^^^^^\n"
        "  hint: a quote inside text is doubled, as in 'O''Brien'",
    ),
    (
        "name like 'a%'",
        "unknown operator 'like'\n"
        "  name like 'a%'\n"
        "       ^^^^\n"
        "  hint: the job APIs cannot search inside text: filter by what you can, and match the rest in Python",
    ),
    (
        "name ~ 'x'",
        "unknown operator '~'\n  name ~ 'x'\n       ^\n  hint: the operators are eq, ne, lt, le, gt, ge, in, and, or",
    ),
    (
        "not state eq 'x'",
        "the job APIs have no 'not'\n  not state eq 'x'\n  ^^^\n  hint: write state ne 'x'",
    ),
    (
        "not (state eq 'x')",
        "the job APIs have no 'not'\n  not (state eq 'x')\n  ^^^^^^^^^^^^^^^^^^\n  write state ne 'x'",
    ),
    (
        "name not in ('a', 'b')",
        "the job APIs have no 'not in'\n"
        "  name not in ('a', 'b')\n"
        "       ^^^^^^\n"
        "  hint: write (name ne 'a' and name ne 'b')",
    ),
    (
        "state eq 5",
        "the job APIs have no numbers to compare with\n  state eq 5\n           ^\n  hint: for text write '5'",
    ),
    (
        "state eq true",
        "the job APIs have no booleans to compare with\n"
        "  state eq true\n"
        "           ^^^^\n"
        "  hint: for text write 'true'",
    ),
    (
        "name eq NULL",
        "null is written in lower case, not 'NULL'\n"
        "  name eq NULL\n"
        "          ^^^^\n"
        "  hint: write null, or 'NULL' for that text",
    ),
    (
        "name lt null",
        "'lt' with null is true of no job\n  name lt null\n          ^^^^\n  hint: write eq null or ne null",
    ),
    (
        "state eq type",
        "a property is compared with a literal, not with the property 'type'\n"
        "  state eq type\n"
        "           ^^^^\n"
        "  hint: for that text write 'type'",
    ),
    (
        "'a' eq 'b'",
        "a literal is compared with a literal; one side must be a property\n"
        "  'a' eq 'b'\n"
        "  ^^^^^^^^^^\n"
        "  hint: the properties are id, iTwinId, name, email, type, state, createdDateTime, inputId, outputId",
    ),
    (
        "state eq 'active' or 'failed'",
        "'failed' is compared with nothing\n"
        "  state eq 'active' or 'failed'\n"
        "                       ^^^^^^^^\n"
        "  hint: say the property again: state eq 'failed', or use a list: state in (..., 'failed')",
    ),
    (
        "name eq My first job",
        "text is written in quotes\n  name eq My first job\n          ^^^^^^^^^^^^\n  hint: write 'My first job'",
    ),
    (
        "id eq abc",
        "'abc' is no GUID\n"
        "  id eq abc\n"
        "        ^^^\n"
        "  hint: a GUID is 8-4-4-4-12 hexadecimal digits; any other id is written in quotes: 'abc'",
    ),
    (
        "name eq 5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d",
        "text is written in quotes, and this is a GUID\n"
        "  name eq 5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d\n"
        "          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  hint: write '5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d'",
    ),
    (
        "id eq guid'5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d'",
        "guid'...' is OData 2; since OData 4 the value stands bare\n"
        "  id eq guid'5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d'\n"
        "        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  write 5f1c2a7e-0b3d-4c69-9e84-1d2f3a4b5c6d",
    ),
    (
        "state in ['a', 'b']",
        "a list stands in parentheses\n  state in ['a', 'b']\n           ^^^^^^^^^^\n  write ('a', 'b')",
    ),
    (
        "state in 'active'",
        "a list stands in parentheses\n  state in 'active'\n           ^^^^^^^^\n  write ('active')",
    ),
    (
        "state in ('a',)",
        "nothing follows the last comma\n  state in ('a',)\n               ^",
    ),
    (
        "state in ('a'",
        "this list is never closed\n  state in ('a'\n           ^",
    ),
    (
        "state eq ('a', 'b')",
        "'eq' compares with one literal, not with a list\n"
        "  state eq ('a', 'b')\n"
        "           ^^^^^^^^^^\n"
        "  hint: for any of several write state in ('a', 'b')",
    ),
    (
        "(state eq 'a'",
        "this ( is never closed\n  (state eq 'a'\n  ^",
    ),
    (
        "state eq 'a')",
        "this ) closes nothing\n  state eq 'a')\n              ^",
    ),
    (
        "()",
        "there is no condition in these parentheses\n  ()\n  ^^",
    ),
    (
        "state eq 'a' and",
        "nothing follows 'and'\n  state eq 'a' and\n               ^^^",
    ),
    (
        "state eq 'a' name eq 'b'",
        "'and' or 'or' is missing before 'name'\n"
        "  state eq 'a' name eq 'b'\n"
        "               ^^^^\n"
        "  hint: conditions are joined by 'and' or 'or'",
    ),
    (
        "state eq 'a', name eq 'b'",
        "a comma only separates the members of a list\n"
        "  state eq 'a', name eq 'b'\n"
        "              ^\n"
        "  hint: conditions are joined by 'and' or 'or'",
    ),
    (
        "state eq 'a' && name eq 'b'",
        "'&&' is written and\n  state eq 'a' && name eq 'b'\n               ^^",
    ),
    (
        "state eq'a'",
        "'eq' needs a blank on either side\n  state eq'a'\n        ^^",
    ),
    (
        "state eq 'a' ; name eq 'b'",
        "';' has no meaning here\n"
        "  state eq 'a' ; name eq 'b'\n"
        "               ^\n"
        "  hint: conditions are joined by 'and' or 'or'",
    ),
]

DATE_TIMES = [
    (
        "createdDateTime gt 2025-02-03",
        "a date alone is no moment; a date-time has a time and a zone\n"
        "  createdDateTime gt 2025-02-03\n"
        "                  ^^^^^^^^^^^^^\n"
        "  write ge 2025-02-04T00:00:00Z",
    ),
    (
        "createdDateTime eq 2025-02-03",
        "a date alone is no moment; a date-time has a time and a zone\n"
        "  createdDateTime eq 2025-02-03\n"
        "                     ^^^^^^^^^^\n"
        "  hint: for that whole day in UTC write createdDateTime ge 2025-02-03T00:00:00Z and createdDateTime "
        "lt 2025-02-04T00:00:00Z",
    ),
    (
        "createdDateTime gt 2025-02-03T04:05:06",
        "'2025-02-03T04:05:06' has no zone, so it could be any of 24 hours\n"
        "  createdDateTime gt 2025-02-03T04:05:06\n"
        "                     ^^^^^^^^^^^^^^^^^^^\n"
        "  hint: for UTC write 2025-02-03T04:05:06Z, else the offset, as in 2025-02-03T04:05:06+02:00",
    ),
    (
        "createdDateTime gt '2025-02-03T04:05:06Z'",
        "a date-time is written without quotes\n"
        "  createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  write 2025-02-03T04:05:06Z",
    ),
    (
        "createdDateTime gt 2025-02-30T00:00:00Z",
        "'2025-02-30T00:00:00Z': there is no day 30 in 2025-02\n"
        "  createdDateTime gt 2025-02-30T00:00:00Z\n"
        "                     ^^^^^^^^^^^^^^^^^^^^",
    ),
    (
        "createdDateTime gt 2016-12-31T23:59:60Z",
        "'2016-12-31T23:59:60Z': a leap second (:60) is not supported; write :59 or the next minute\n"
        "  createdDateTime gt 2016-12-31T23:59:60Z\n"
        "                     ^^^^^^^^^^^^^^^^^^^^",
    ),
    (
        "createdDateTime gt 2025-02-03T04:05:06 02:00",
        "a + was lost from the offset: in a URL it is written %2B\n"
        "  createdDateTime gt 2025-02-03T04:05:06 02:00\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  write 2025-02-03T04:05:06+02:00",
    ),
    (
        "createdDateTime gt yesterday",
        "'yesterday' is no date-time\n"
        "  createdDateTime gt yesterday\n"
        "                     ^^^^^^^^^\n"
        "  hint: write a date-time with a zone: 2024-06-24T13:00:00Z",
    ),
    (
        "createdDateTime between 2025-01-01T00:00:00Z and 2025-02-01T00:00:00Z",
        "unknown operator 'between'\n"
        "  createdDateTime between 2025-01-01T00:00:00Z and 2025-02-01T00:00:00Z\n"
        "                  ^^^^^^^\n"
        "  hint: write createdDateTime ge ... and createdDateTime le ...",
    ),
    (
        "createdDateTime gt 0001-01-01T00:00:00+00:01",
        "'0001-01-01T00:00:00+00:01': the year in UTC must be between 0001 and 9999\n"
        "  createdDateTime gt 0001-01-01T00:00:00+00:01\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^^^^^",
    ),
]

OTHER_LANGUAGES = [
    (
        "contains(name,'bridge')",
        "the job APIs have no functions: 'contains'\n"
        "  contains(name,'bridge')\n"
        "  ^^^^^^^^\n"
        "  hint: the job APIs cannot search inside text: filter by what you can, and match the rest in Python",
    ),
    (
        "startswith(name,'Bri')",
        "the job APIs have no functions: 'startswith'\n"
        "  startswith(name,'Bri')\n"
        "  ^^^^^^^^^^\n"
        "  hint: text is ordered by code point, so write name ge 'Bri' and name lt 'Brj'",
    ),
    (
        "tolower(state) eq 'success'",
        "the job APIs have no functions: 'tolower'\n"
        "  tolower(state) eq 'success'\n"
        "  ^^^^^^^\n"
        "  hint: state compares without case as it is: state eq 'Success'",
    ),
    (
        "year(createdDateTime) eq 2025",
        "the job APIs have no functions: 'year'\n"
        "  year(createdDateTime) eq 2025\n"
        "  ^^^^\n"
        "  hint: write createdDateTime ge 2025-01-01T00:00:00Z and createdDateTime lt 2026-01-01T00:00:00Z",
    ),
    (
        "inputs/any(i: i/id eq 'x')",
        "the job APIs have no lambdas such as any and all: 'inputs/any'\n"
        "  inputs/any(i: i/id eq 'x')\n"
        "  ^^^^^^^^^^\n"
        "  hint: write inputId, which holds if any of a job's ids does",
    ),
    (
        "executionInfo/createdDateTime gt 2025-01-01T00:00:00Z",
        "the job APIs have no paths: 'executionInfo/createdDateTime'\n"
        "  executionInfo/createdDateTime gt 2025-01-01T00:00:00Z\n"
        "  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "  hint: write createdDateTime",
    ),
    (
        "name add 1 eq 2",
        "the job APIs have no arithmetic: 'add'\n  name add 1 eq 2\n       ^^^",
    ),
    (
        "type has 'Full'",
        "the job APIs have no operator 'has'\n  type has 'Full'\n       ^^^\n  hint: write type eq ...",
    ),
    (
        "$filter=state eq 'a'",
        "'$filter=' is part of the URL, not of the filter\n  $filter=state eq 'a'\n  ^^^^^^^^\n  leave it out",
    ),
    (
        "state+eq+'a'",
        "the text is encoded for a URL; a filter is written plainly\n"
        "  state+eq+'a'\n"
        "  ^^^^^^^^^^^^\n"
        "  write state eq 'a'",
    ),
]

PLACES = [
    (
        "",
        "the filter is empty\n"
        "\n"
        "  ^\n"
        "  hint: to ask for all jobs leave the filter out: client.jobs(), reality-jobs list",
    ),
    (
        "  ",
        "the filter is empty\n"
        "\n"
        "  ^^\n"
        "  hint: to ask for all jobs leave the filter out: client.jobs(), reality-jobs list",
    ),
    (
        "(",
        "a condition is missing here\n  (\n  ^\nthis ( is never closed\n  (\n  ^",
    ),
    (
        "state eq 'a' or ",
        "nothing follows 'or'\n  state eq 'a' or\n               ^^",
    ),
    (
        "name eq '日本' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n  name eq '日本' and stat eq 'a'\n                     ^^^^",
    ),
    (
        "stat eq '日本'",
        "unknown property 'stat'; did you mean 'state'?\n  stat eq '日本'\n  ^^^^",
    ),
    (
        "name eq '日本' and state eq 日本",
        "text is written in quotes: '日本'\n  name eq '日本' and state eq 日本\n                              ^^^^",
    ),
    (
        "name eq 'éé' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n  name eq 'éé' and stat eq 'a'\n                   ^^^^",
    ),
    (
        "name eq '🌉' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n  name eq '🌉' and stat eq 'a'\n                   ^^^^",
    ),
    (
        "  stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n    stat eq 'a'\n    ^^^^",
    ),
    (
        "name\teq\t5",
        "the job APIs have no numbers to compare with\n  name eq 5\n          ^\n  hint: for text write '5'",
    ),
]

CONTROLS = [
    (
        "state eq 'a'\nand name eq 'b'",
        "a filter stands on one line; a line break is no blank\n  state eq 'a'\\nand name eq 'b'\n              ^^",
    ),
    (
        "state\xa0eq 'a'",
        "U+00A0 looks like a blank and is none\n  state\\xa0eq 'a'\n       ^^^^",
    ),
    (
        "name eq '\ud800'",
        "U+D800 is half of a character\n"
        "  name eq '\\ud800'\n"
        "           ^^^^^^\n"
        "  hint: the text was decoded wrongly before it came here",
    ),
    (
        "\x1b state eq 'a'",
        "'\\x1b' has no meaning here\n  \\x1b state eq 'a'\n  ^^^^",
    ),
    (
        "name eq '\x1b[31m' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n"
        "  name eq '\\x1b[31m' and stat eq 'a'\n"
        "                         ^^^^",
    ),
    (
        "name eq '\u202e' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n"
        "  name eq '\\u202e' and stat eq 'a'\n"
        "                       ^^^^",
    ),
    (
        "st\u200bate eq 'a'",
        "unknown property 'st'\n"
        "  st\\u200bate eq 'a'\n"
        "  ^^\n"
        "  hint: the properties are id, iTwinId, name, email, type, state, createdDateTime, inputId, outputId\n"
        "U+200B looks like a blank and is none\n"
        "  st\\u200bate eq 'a'\n"
        "    ^^^^^^\n"
        "unknown operator 'ate'\n"
        "  st\\u200bate eq 'a'\n"
        "          ^^^\n"
        "  hint: the operators are eq, ne, lt, le, gt, ge, in, and, or",
    ),
    (
        "'\x00' eq 'b'",
        "a literal is compared with a literal; one side must be a property\n"
        "  '\\x00' eq 'b'\n"
        "  ^^^^^^^^^^^^^\n"
        "  hint: the properties are id, iTwinId, name, email, type, state, createdDateTime, inputId, outputId",
    ),
    (
        "name eq 'a\nb' and stat eq 'c'",
        "unknown property 'stat'; did you mean 'state'?\n  name eq 'a\\nb' and stat eq 'c'\n                     ^^^^",
    ),
    (
        "n\u0430me\x07 eq 'x'",
        "unknown property 'nаme'; did you mean 'name'?\n"
        "  nаme\\x07 eq 'x'\n"
        "  ^^^^\n"
        "unknown operator '\\x07'\n"
        "  nаme\\x07 eq 'x'\n"
        "      ^^^^\n"
        "  hint: the operators are eq, ne, lt, le, gt, ge, in, and, or",
    ),
]

LONG = [
    (
        "name eq 'x' or " * 40 + "stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n"
        "  ...ame eq 'x' or name eq 'x' or name eq 'x' or name eq 'x' or name eq 'x' or name eq 'x' or stat e"
        "q 'a'\n"
        "                                                                                              ^^^^",
    ),
    (
        "stat eq 'a'" + " or name eq 'x'" * 40,
        "unknown property 'stat'; did you mean 'state'?\n"
        "  stat eq 'a' or name eq 'x' or name eq 'x' or name eq 'x' or name eq 'x' or name eq 'x' or name eq "
        "'x...\n"
        "  ^^^^",
    ),
    (
        "name eq 'x' or " * 20 + "stat eq 'a'" + " or name eq 'x'" * 20,
        "unknown property 'stat'; did you mean 'state'?\n"
        "  ...' or name eq 'x' or name eq 'x' or name eq 'x' or stat eq 'a' or name eq 'x' or name eq 'x' or "
        "name ...\n"
        "                                                       ^^^^",
    ),
    (
        "name eq " + "a" * 300,
        "text is written in quotes: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'\n"
        "  name eq aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aa...\n"
        "          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
        "^^\n"
        "  write 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "aaaaa...",
    ),
    (
        "state eq 'a' and name eq '" + "b" * 300,
        "this text is never closed\n"
        "  state eq 'a' and name eq 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
        "bb...\n"
        "                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
        "^^\n"
        "  hint: a quote inside text is doubled, as in 'O''Brien'",
    ),
    (
        "createdDateTime eq '" + "c" * 300 + "'",
        "a creation time is compared with a date-time, not with text\n"
        "  createdDateTime eq 'cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
        "cc...\n"
        "                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
        "^^\n"
        "  hint: write a date-time with a zone: 2024-06-24T13:00:00Z",
    ),
    (
        "name eq '" + "\u65e5" * 200 + "' and stat eq 'a'",
        "unknown property 'stat'; did you mean 'state'?\n"
        "  ...日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日"
        "日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日日' "
        "and stat eq 'a'\n"
        "                                                                                                    "
        "                                                                             ^^^^",
    ),
]

SEVERAL = [
    (
        "Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'",
        "unknown property 'Stat'; did you mean 'state'?\n"
        "  Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "  ^^^^\n"
        "'=' is written eq\n"
        "  Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "       ^\n"
        "text is written in quotes: 'Success'\n"
        "  Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "         ^^^^^^^\n"
        "'&&' is written and\n"
        "  Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "                 ^^\n"
        "a date-time is written without quotes\n"
        "  Stat = Success && createdDateTime gt '2025-02-03T04:05:06Z'\n"
        "                                       ^^^^^^^^^^^^^^^^^^^^^^\n"
        "  write 2025-02-03T04:05:06Z",
    ),
    (
        "foo eq 'x' or state eq 5 or name lt null",
        "unknown property 'foo'\n"
        "  foo eq 'x' or state eq 5 or name lt null\n"
        "  ^^^\n"
        "  hint: the properties are id, iTwinId, name, email, type, state, createdDateTime, inputId, outputId\n"
        "the job APIs have no numbers to compare with\n"
        "  foo eq 'x' or state eq 5 or name lt null\n"
        "                         ^\n"
        "  hint: for text write '5'\n"
        "'lt' with null is true of no job\n"
        "  foo eq 'x' or state eq 5 or name lt null\n"
        "                                      ^^^^\n"
        "  hint: write eq null or ne null",
    ),
]

WARNINGS = [
    (
        "state eq 'Sucess'",
        "warning: no job API lists the state 'Sucess'; did you mean 'Success'?\n"
        "  state eq 'Sucess'\n"
        "           ^^^^^^^^",
    ),
    (
        "type in ('Full', 'Panorama')",
        "warning: no job API lists the type 'Panorama'\n  type in ('Full', 'Panorama')\n                   ^^^^^^^^^^",
    ),
    (
        "createdDateTime gt 2025-02-03T04:05:06.12345678Z",
        "warning: a moment is exact to 100 ns: digits after the seventh are dropped\n"
        "  createdDateTime gt 2025-02-03T04:05:06.12345678Z\n"
        "                                                ^",
    ),
]

FOR_A_SERVICE = [
    (
        "state eq 'Queued'",
        "modeling-v1",
        "warning: modeling-v1 does not list the state 'Queued'\n"
        "  state eq 'Queued'\n"
        "           ^^^^^^^^\n"
        "  hint: listed are unsubmitted, active, success, failed, cancelled",
    ),
    (
        "email eq 'x'",
        "modeling-v2",
        "warning: records of modeling-v2 never hold 'email'; only the live filter can answer it\n"
        "  email eq 'x'\n"
        "  ^^^^^",
    ),
    (
        "inputId eq 'x'",
        "analysis-v2",
        "warning: the live filter of analysis-v2 does not know 'inputId'; it is evaluated on what comes back\n"
        "  inputId eq 'x'\n"
        "  ^^^^^^^",
    ),
    (
        "name eq null",
        "conversion-v2",
        "warning: no page documents null in a live filter, so it is never sent; it is evaluated on what comes"
        " back\n"
        "  name eq null\n"
        "  ^^^^^^^^^^^^",
    ),
]

ALL = [*MISTAKES, *DATE_TIMES, *OTHER_LANGUAGES, *PLACES, *CONTROLS, *LONG, *SEVERAL, *WARNINGS]


@pytest.mark.parametrize(("text", "expected"), ALL)
def test_rendered_problems(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "service", "expected"), FOR_A_SERVICE)
def test_rendered_warnings_of_a_service(text: str, service: str, expected: str) -> None:
    assert shown(text, service) == expected


def shown(text: str, service: str | None = None) -> str:
    return "\n".join(problem.render(text) for problem in problems(text, service))


@pytest.mark.parametrize("text", [text for text, _ in ALL])
def test_messages_keep_to_one_voice(text: str) -> None:
    for problem in problems(text):
        assert not problem.message.endswith((".", "!"))
        assert not problem.message[:1].isupper() or problem.message.startswith("U+")
        if problem.hint is not None:
            assert not problem.hint.endswith(".") or problem.hint.endswith("...")
        for line in problem.render(text).split("\n"):
            assert line.isprintable()
        said = f"{problem.message} {problem.hint}"
        for word in (
            "token",
            "Token",
            "lark",
            "LALR",
            "terminal",
            "EQUALITY",
            "GUID_VALUE",
            "STRING",
            "str(",
            "Traceback",
        ):
            assert word not in said


@pytest.mark.parametrize("text", [text for text, _ in [*MISTAKES, *DATE_TIMES, *OTHER_LANGUAGES, *PLACES, *CONTROLS]])
def test_the_caret_stands_under_the_place(text: str) -> None:
    for problem in problems(text):
        lines = problem.render(text).split("\n")
        caret = lines[2]
        assert set(caret) == {" ", "^"}
        assert "^" in caret


def test_an_error_is_told_before_a_warning() -> None:
    with pytest.raises(InvalidFilter) as caught:
        parse("state eq 'a' and stat eq 'b'")
    assert str(caught.value).startswith("unknown property 'stat'")


def test_a_place_at_the_end_has_a_caret_behind_the_text() -> None:
    problem = Problem("x", "error", "something is missing", Span(5, 5), "add it")
    assert problem.render("state") == "something is missing\n  state\n       ^\n  hint: add it"


def test_a_place_in_the_middle_without_width() -> None:
    problem = Problem("x", "warning", "something is missing", Span(2, 2))
    assert problem.render("state") == "warning: something is missing\n  state\n    ^"


def test_tabs_count_as_one_column() -> None:
    problem = Problem("x", "error", "here", Span(6, 8))
    assert problem.render("state\teq\t'a'") == "here\n  state eq 'a'\n        ^^"
