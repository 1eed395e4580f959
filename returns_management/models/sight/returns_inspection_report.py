# Part of returns_management. See LICENSE file for full copyright and licensing details.

from base64 import b64encode

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.tools.image import image_process
from odoo.tools.mimetypes import guess_mimetype

#: Of a thumbnail on paper, in points of the picture.
THUMBNAIL = (360, 360)


class ReturnsInspection(models.Model):
    _inherit = 'returns.inspection'

    def _prepare_inspection_report(self):
        """What was found, as the inspection report prints it: plain values.

        :raise AccessError: a customer, or somebody who may not read the inspection
        """
        self.ensure_one()
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("The inspection report is for our own people."))
        self.check_access('read')
        found = self.sudo()
        return {
            'goods': found._prepare_report_goods(),
            'finding': found._prepare_report_finding(),
            'checks': [{
                'question': check.name, 'wanted': check.wanted_note or "", 'answer': check.answer_note or "",
                'result': check.result, 'note': check.note or "", 'photos': found._get_thumbnails(check.photo_ids),
                'meaning': found._get_report_meaning(check),
            } for check in found.check_ids],
            'shares': [{
                'who': found.request_id._get_choice(liability, 'responsibility'), 'note': liability.note or "",
                'share': f"{liability.share:.10g} %",
            } for liability in found.liability_ids],
            'policy': (found.policy_note or "").splitlines(),
            'note': found.note or "",
            'photos': found._get_thumbnails(found.photo_ids),
        }

    def _prepare_report_goods(self):
        request, unit = self.request_id, self.uom_id
        return [(label, value) for label, value in (
            (self.env._("Product"), self.product_id.display_name),
            (self.env._("Lot/Serial number"), self.lot_id.name),
            (self.env._("Quantity"), request._show_quantity(self.quantity, unit)),
            (self.env._("Return"), request.name),
            (self.env._("Order"), self.request_line_id.sale_order_id.name),
            (self.env._("Customer"), request.partner_id.display_name),
            (self.env._("Customer's reason"), self.reason_id.name),
            (self.env._("Customer's answer"), self.request_line_id.reason_answer),
            (self.env._("Customer's words"), self.customer_note),
            (self.env._("Received"), request._show_time(self.date_received)),
        ) if value]

    def _prepare_report_finding(self):
        request = self.request_id
        return [(label, value) for label, value in (
            (self.env._("Status"), request._get_choice(self, 'state')),
            (self.env._("Accepted"), request._show_quantity(self.quantity_accepted, self.uom_id)),
            (self.env._("Condition"), request._get_choice(self, 'condition')),
            (self.env._("Grade"), request._get_choice(self, 'grade')),
            (self.env._("Proposed by the answers"), request._get_choice(self, 'grade_proposed')),
            (self.env._("Why otherwise"), self.deviation_note),
            (self.env._("Root cause"), self.root_cause_id.name),
            (self.env._("Responsible"), request._get_choice(self, 'responsibility')),
            (self.env._("Disposition"), self.disposition_id.name),
            (self.env._("Inspector"), self.inspector_id.name),
            (self.env._("Inspected"), request._show_time(self.date_done)),
            (self.env._("Time spent"), self.env._("%s minutes", self.minutes) if self.minutes else ""),
        ) if value]

    def _get_report_meaning(self, check):
        if check.is_unacceptable:
            return self.env._("not acceptable")
        return self.env._("at best %s", check.grade_possible.upper()) if (check.grade_possible or 'a') != 'a' else ""

    def _get_thumbnails(self, photos):
        """:return: [{'name', 'src': data URI}] small enough for paper; what cannot be shown is named only"""
        thumbnails = []
        for photo in photos:
            try:
                small = image_process(photo.raw or b'', size=THUMBNAIL)
            except (UserError, ValueError, OSError):
                small = b''
            src = f"data:{guess_mimetype(small)};base64,{b64encode(small).decode()}" if small else ""
            thumbnails.append({'name': photo.name, 'src': src})
        return thumbnails
