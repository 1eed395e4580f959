# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Switched off where a company has set nothing else: what follows is told at once, or a moment later.
OFF = frozenset({'inspected'})


class ReturnsMail(models.Model):
    """What customers are told of by mail, one row a company and event: its switch and its template.

    Rows are made by private code, with the company; what an event is, and when it happens, is the code's business.
    """
    _name = 'returns.mail'
    _description = "Mail to Customers"
    _inherit = ['returns.guard']
    _order = 'company_id, sequence, id'
    _rec_name = 'event'

    company_id = fields.Many2one('res.company', required=True, index=True, readonly=True, ondelete='cascade')
    sequence = fields.Integer(readonly=True)
    event = fields.Selection(
        [('submitted', "Request received"), ('question', "Question to the customer"), ('approved', "Approved"),
         ('rejected', "Refused"), ('way_back', "Way back agreed or changed"), ('ship_by', "Please send, reminder"),
         ('closed_short', "Not sent, closed"), ('kept', "Kept by the customer, closed"), ('received', "Goods received"),
         ('discrepancy', "Parcel differs"), ('inspected', "Goods inspected"), ('credit_note', "Credit note posted"),
         ('payout', "Paid out"), ('done', "Closed, rating asked"), ('complaint', "Complaint received"),
         ('complaint_solved', "Complaint solved, rating asked")],
        "When", required=True, readonly=True)
    is_sent = fields.Boolean("Sent", default=True)
    template_id = fields.Many2one(
        'mail.template', "Mail", domain=[('model', '=', 'returns.request')], index='btree_not_null', ondelete='set null')
    description = fields.Text(related='template_id.description', string="What It Is")

    _event_uniq = models.UniqueIndex("(company_id, event)", "There is one mail for each event.")

    @api.constrains('template_id')
    def _check_template(self):
        for mail in self:
            if mail.template_id and mail.template_id.sudo().model != 'returns.request':
                raise ValidationError(self.env._("%s is no mail about a return.", mail.template_id.name))

    @api.model
    def _create_missing(self, companies=None):
        """Each company has a row for each event. Called by data files, of bridges that bring events along, too."""
        if companies is None:
            companies = self.env['res.company'].search([('active', 'in', (True, False))])
        Request = self.env['returns.request']
        known = {(mail.company_id, mail.event) for mail in self.search([('company_id', 'in', companies.ids)])}
        events = [(event, Request._get_mail_template(event)) for event in self._fields['event'].get_values(self.env)]
        self.create([
            {'company_id': company.id, 'event': event, 'sequence': number, 'is_sent': event not in OFF,
             'template_id': template.id}
            for company in companies for number, (event, template) in enumerate(events)
            if (company, event) not in known])

    @api.model
    def _find_templates(self, companies, event):
        """:return: {company: the template by which its customers are told of ``event``}, without those that tell nothing"""
        standard = self.env['returns.request']._get_mail_template(event)
        templates = dict.fromkeys(companies, standard) if standard else {}
        for mail in self.search([('company_id', 'in', companies.ids), ('event', '=', event)]):
            templates[mail.company_id] = mail.template_id if mail.is_sent else None
        return {company: template for company, template in templates.items() if template and template.active}
