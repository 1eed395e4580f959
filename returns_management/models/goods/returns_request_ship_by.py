# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..batches import work_in_batches


class ReturnsRequest(models.Model):
    """The way back: until when the goods are awaited, how we know that they are on the road, and what follows if not."""
    _inherit = 'returns.request'

    is_ship_by_reminded = fields.Boolean(
        readonly=True, copy=False, help="The customer was reminded to send the goods.")

    @api.model
    def _cron_follow_ship_by(self, batch=50):
        """Remind customers to send what was approved; at last close what is not on its way, and tell them.

        In batches, see :func:`work_in_batches`. Requests whose clocks stand, or whose goods are to be
        inspected at the customer's, are left alone.
        """
        now = fields.Datetime.now()
        awaited = (Domain('line_ids.state', '=', 'approved') & Domain('is_paused', '=', False)
                   & ~Domain('line_ids.site_inspection_ids.state', '=', 'draft'))
        sent = self._get_sent_domain()
        soon = (
            Domain('date_ship_by', '>', now)
            & Domain('date_ship_by', '<=', fields.Datetime.add(now, hours=self._get_ship_by_lead()))
            # told on the day before by the approval itself
            & Domain('date_approved', '<=', fields.Datetime.subtract(now, days=1)))
        for domain, work in (
            (awaited & sent & Domain('date_receipt_due', '=', False), lambda found: found._get_free()._note_sent()),
            (awaited & ~sent & Domain('date_receipt_due', '!=', False),
             lambda found: found._get_free()._write_flow({'date_receipt_due': False})),
            (awaited & ~sent & soon & Domain('is_ship_by_reminded', '=', False),
             lambda found: found._get_free()._remind_ship_by()),
            (awaited & ~sent & Domain('date_ship_by', '<=', now), lambda found: found._close_unsent()),
        ):
            if not work_in_batches(self, domain, work, batch):
                return

    @api.model
    def _get_ship_by_lead(self):
        """:return: hours before ``date_ship_by`` at which customers are reminded"""
        return float(self.env['ir.config_parameter'].sudo().get_param('returns_management.ship_by_reminder_hours', 72.0))

    @api.model
    def _get_sent_domain(self):
        """:return: domain of the requests whose goods are known to be on the road: the customer gave a tracking number
            and nothing came yet; or a receipt that is still open was begun
        """
        return (
            Domain('tracking_ref', '!=', False) & Domain('date_received', '=', False)
            | Domain('line_ids.move_ids', 'any!', self._get_begun_domain() & Domain([
                ('state', 'not in', ('done', 'cancel')), ('location_id.usage', '=', 'customer'),
                ('location_dest_id.usage', '!=', 'customer')])))

    @api.model
    def _get_begun_domain(self):
        """:return: domain of the moves of open receipts by which goods are known to be on the road"""
        return Domain('picked', '=', True)

    def _note_sent(self):
        now, Limit = fields.Datetime.now(), self.env['returns.time.limit']
        for company, requests in self.grouped('company_id').items():
            requests._write_flow({'date_receipt_due': Limit._get_deadline(company, 'receipt', now)})

    def _remind_ship_by(self):
        self._write_flow({'is_ship_by_reminded': True})
        self._tell('ship_by')

    def _close_unsent(self):
        """Close short what was not sent in time, and tell the customers."""
        def explain(request):
            words = request.with_context(
                lang=request.partner_id.lang or self.env.lang, tz=request.company_id.resource_calendar_id.tz)
            day = fields.Datetime.context_timestamp(words, request.date_ship_by).date()
            return words.env._("It was not sent by %s.", format_date(words.env, day, date_format='medium'))

        self._do_close_short({request.id: explain(request) for request in self})
        self._tell('closed_short')

    def _get_next_step_note(self):
        if self.state == 'approved' and self.date_receipt_due and not self.is_paused:
            return self.env._("Approved. The goods are on the road.")
        return super()._get_next_step_note()

    # ------------------------------------------------------------------
    # What starts the clock anew
    # ------------------------------------------------------------------

    def _note_reception(self, receipts):
        super()._note_reception(receipts)
        self.filtered('date_receipt_due')._write_flow({'date_receipt_due': False})

    def _set_ship_by(self, lines):
        super()._set_ship_by(lines)
        self.filtered('is_ship_by_reminded')._write_flow({'is_ship_by_reminded': False})

    def _do_resume(self):
        standing = self.filtered('is_paused')
        super()._do_resume()
        standing.filtered('is_ship_by_reminded')._write_flow({'is_ship_by_reminded': False})
