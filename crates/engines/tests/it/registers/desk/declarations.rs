//! The declarations that the tests of registers run on.

pub(super) const HARDWARE: &str = r#"
title = "Hardware"
says = "keeps a register of devices"
[register]
item = "device"
items = "devices"
lead = "Every device that the school owns."
reads = ["staff"]
writes = ["role:network-manager", "role:office"]
rows = "school"
first = "Enter the first device."
entry-title = "{tag}"
columns = ["tag", "kind", "place", "price", "bought-on", "state"]
sort = "tag"
[[field]]
name = "tag"
label = "School tag"
kind = "text"
longest = 40
required = true
unique = true
[[field]]
name = "kind"
label = "What is it?"
column = "Kind"
kind = "choice"
required = true
choices = [{ name = "laptop", label = "Laptop" }, { name = "tablet", label = "Tablet" }, { name = "other", label = "Something else" }]
[[field]]
name = "place"
label = "Where is it?"
column = "Place"
kind = "place"
[[field]]
name = "price"
label = "What did it cost?"
column = "Cost"
kind = "money"
private = ["role:office"]
[[field]]
name = "bought-on"
label = "Bought on"
kind = "date"
[[field]]
name = "notes"
label = "Anything else?"
column = "Notes"
kind = "lines"
longest = 1000
[[state]]
name = "in-use"
label = "In use"
[[state]]
name = "gone"
label = "Disposed of"
ended = true
[[move]]
name = "dispose"
label = "Dispose of it"
from = ["in-use"]
to = "gone"
[keep]
lasts = "2 years"
[standing]
kept = "{count} devices are recorded."
"#;

pub(super) const LOANS: &str = r#"
title = "Equipment on loan"
says = "keeps a register of what is lent"
[register]
item = "loan"
items = "loans"
lead = "What is lent, to whom and until when."
reads = ["staff"]
writes = ["role:network-manager", "role:office"]
rows = "school"
first = "Enter each device that is out on loan today."
entry-title = "{device} to {borrower}"
subject = "borrower"
columns = ["device", "borrower", "lent-on", "due-on"]
sort = "due-on"
[[field]]
name = "device"
label = "Which device?"
column = "Device"
kind = "entry"
of = "assets.hardware"
required = true
[[field]]
name = "borrower"
label = "Who borrows it?"
column = "Borrower"
kind = "person"
required = true
[[field]]
name = "lent-on"
label = "Lent on"
kind = "date"
start = "today"
required = true
[[field]]
name = "due-on"
label = "When is it due back?"
column = "Due back"
kind = "date"
required = true
[[field]]
name = "agreement"
label = "The signed agreement"
column = "Agreement"
kind = "file"
most-mb = 1
[[field]]
name = "worry"
label = "What worries us about it?"
column = "Worry"
kind = "lines"
longest = 400
private = ["role:headteacher", "role:office"]
[[field]]
name = "proof"
label = "A picture of the damage"
column = "Damage"
kind = "file"
most-mb = 1
private = ["role:headteacher", "role:office"]
[[field]]
name = "returned-on"
label = "When did it come back?"
column = "Returned on"
kind = "date"
[[state]]
name = "out"
label = "Out on loan"
[[state]]
name = "returned"
label = "Returned"
ended = true
[[move]]
name = "return"
label = "Mark as returned"
from = ["out"]
to = "returned"
asks = ["returned-on"]
needs = { if = "returned-on >= lent-on", else = "It cannot come back before it was lent." }
[due]
on = "due-on"
if = 'state == "out"'
what = "Get {device} back from {borrower}"
before = "7 days"
[keep]
lasts = "1 year"
after = "returned-on"
[standing]
kept = "{count} loans are recorded."
"#;

pub(super) const CURRICULUM: &str = r#"
title = "What is taught"
says = "keeps what is taught"
[register]
item = "lesson"
items = "lessons"
lead = "Where each skill is taught."
reads = ["staff"]
writes = ["role:teacher"]
rows = "clause"
first = "Enter where it is taught first."
entry-title = "{class} on {taught-on}"
columns = ["class", "taught-on", "by"]
sort = "-taught-on"
[[field]]
name = "class"
label = "Which class?"
column = "Class"
kind = "class"
required = true
[[field]]
name = "taught-on"
label = "When?"
column = "Taught on"
kind = "date"
required = true
[[field]]
name = "by"
label = "Who taught it?"
column = "By"
kind = "person"
who = "staff"
start = "me"
[[field]]
name = "what"
label = "What was done?"
column = "What"
kind = "text"
longest = 200
[standing]
kept = "{count} lessons."
"#;
