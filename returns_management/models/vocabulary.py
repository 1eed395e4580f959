# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Words used by more than one model: one list, one meaning (DESIGN §3)."""

REQUEST_STATES = [
    ('draft', "Draft"),
    ('review', "In Review"),
    ('approved', "Approved"),
    ('received', "Received"),
    ('final_review', "Final Review"),
    ('settlement', "Settlement"),
    ('done', "Done"),
    ('rejected', "Rejected"),
    ('cancelled', "Cancelled"),
]

SHIPPING_METHODS = [
    ('self', "Customer Sends"),
    ('pickup', "We Fetch"),
]

FREIGHT_PAYERS = [
    ('company', "Company"),
    ('customer', "Customer"),
    ('supplier', "Supplier"),
    ('carrier', "Carrier"),
]

CHANNELS = [
    ('portal', "Portal"),
    ('email', "Email"),
    ('phone', "Phone"),
    ('chat', "Chat"),
    ('social', "Social Media"),
    ('store', "Store"),
    ('api', "API"),
]

RESPONSIBILITIES = [
    ('sales', "Sales"),
    ('quality', "Quality"),
    ('warehouse', "Warehouse"),
    ('supplier', "Supplier"),
    ('carrier', "Carrier"),
    ('customer', "Customer"),
]

DEPARTMENTS = [
    ('service', "Customer Service"),
    ('sales', "Sales"),
    ('quality', "Quality"),
    ('warehouse', "Warehouse"),
    ('finance', "Finance"),
    ('management', "Management"),
]

RESOLUTIONS = [
    ('refund', "Refund"),
    ('store_credit', "Store Credit"),
    ('exchange', "Exchange"),
    ('none', "No Compensation"),
]

POLICY_STATUSES = [
    ('compliant', "Compliant"),
    ('exception', "Exception"),
    ('refused', "Refused"),
]

PHASES = [
    ('authorise', "Before the goods come back"),
    ('settle', "After inspection"),
    ('dispose', "Before disposal"),
]

LIMIT_UNITS = [
    ('hours', "Hours"),
    ('working_hours', "Working Hours"),
    ('working_days', "Working Days"),
]

PAYOUT_METHODS = [
    ('bank', "Bank Transfer"),
    ('cash', "Cash"),
    ('online', "Online Payment"),
    ('store_credit', "Store Credit"),
    ('exchange', "Exchange"),
]

PAUSE_REASONS = [
    ('customer', "Waiting for the customer"),
    ('carrier', "Waiting for the carrier"),
    ('other', "Something else"),
]

VERDICTS = [
    ('approve', "Approve"),
    ('reject', "Reject"),
    ('abstain', "Abstain"),
]

CONDITIONS = [
    ('unopened', "Unopened"),
    ('complete', "Opened, complete"),
    ('incomplete', "Incomplete"),
]

GRADES = [
    ('a', "A - As new"),
    ('b', "B - Light traces of use"),
    ('c', "C - Clear traces of use"),
    ('d', "D - Damaged"),
]

ASPECTS = [
    ('look', "Look"),
    ('function', "Function"),
    ('accessories', "Accessories"),
    ('packaging', "Packaging"),
    ('expiry', "Expiry"),
    ('serial', "Serial Number"),
    ('other', "Other"),
]

ANSWER_KINDS = [
    ('yes_no', "Yes or no"),
    ('choice', "Choice"),
    ('measure', "Measure"),
]
