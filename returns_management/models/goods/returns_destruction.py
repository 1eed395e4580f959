# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..returns_guard import as_flow


class ReturnsDestruction(models.Model):
    """Goods that were written off and have to be destroyed: who did it, when, how, and who saw it.

    Scrapping makes the record, where the disposition asks for one. Once it is done it reads the same for ever.
    """
    _name = 'returns.destruction'
    _description = "Destruction Record"
    _inherit = ['returns.guard', 'mail.thread', 'mail.activity.mixin']
    _order = 'state desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    request_id = fields.Many2one(
        'returns.request', "Return", required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    inspection_ids = fields.One2many('returns.inspection', 'destruction_id', "Goods", readonly=True)
    goods_note = fields.Char("Pieces", compute='_compute_goods_note', compute_sudo=True)
    user_id = fields.Many2one(
        'res.users', "Destroyed By", domain=[('share', '=', False)], index='btree_not_null', tracking=True)
    date_destroyed = fields.Datetime("Destroyed On", tracking=True)
    method = fields.Selection(
        [('crushed', "Crushed or shredded"), ('burnt', "Incinerated"), ('recycled', "Taken apart and recycled"),
         ('contractor', "Handed to a disposal company"), ('other', "Another way")], "How", tracking=True)
    contractor_id = fields.Many2one('res.partner', "Disposal Company", ondelete='restrict')
    witness_id = fields.Many2one(
        'res.partner', ondelete='restrict', tracking=True, help="Who saw it. Not the one who destroyed the goods.")
    note = fields.Text("Remarks")
    file_ids = fields.Many2many(
        'ir.attachment', 'returns_destruction_attachment_rel', string="Photos and Certificates", copy=False)
    state = fields.Selection(
        [('open', "To Destroy"), ('done', "Destroyed")], "Status", default='open', required=True, readonly=True,
        copy=False, index=True, tracking=True)
    version = fields.Integer(readonly=True, copy=False)

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'name', 'request_id', 'inspection_ids', 'state', 'version'}

    @api.depends('inspection_ids.quantity', 'inspection_ids.product_id', 'inspection_ids.lot_id')
    def _compute_goods_note(self):
        for record in self:
            record.goods_note = ", ".join(
                f"{inspection.quantity:.10g} × {inspection.product_id.display_name}"
                + (f" ({inspection.lot_id.name})" if inspection.lot_id else "")
                for inspection in record.inspection_ids)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['name'] = self.env['ir.sequence'].next_by_code('returns.destruction') or '/'
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            for record in self.filtered(lambda record: record.state == 'done'):
                raise UserError(self.env._(
                    "%s is signed: what was destroyed, how and by whom stands as it was written.", record.name))
        res = super().write(vals)
        if 'file_ids' in vals:
            self._keep_files()
        return res

    def _keep_files(self):
        """Files belong to the record that they prove, so that they are read, and kept, with it."""
        self.file_ids.check_access('read')  # numbers can be guessed
        for record in as_flow(self):
            record.file_ids.filtered(lambda file: not file.res_id).write({
                'res_model': self._name, 'res_id': record.id})

    @api.constrains('user_id', 'witness_id')
    def _check_witness(self):
        for record in self:
            if record.witness_id and record.witness_id == record.user_id.partner_id:
                raise ValidationError(self.env._(
                    "%(record)s: %(person)s destroyed the goods and cannot be the witness.",
                    record=record.name, person=record.witness_id.name))

    @api.constrains('date_destroyed')
    def _check_date(self):
        for record in self:
            if record.date_destroyed and record.date_destroyed > fields.Datetime.now():
                raise ValidationError(self.env._("%s: enter when the goods were destroyed, not when they will be.",
                                                 record.name))

    def action_done(self):
        """Sign the records: from now on they read the same for ever.

        :raise UserError: it is not written down yet who destroyed the goods, when, how, or who saw it
        """
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_inspector'):
            raise AccessError(self.env._("Only returns inspectors sign destruction records."))
        self.check_access('write')
        records = as_flow(self)
        records._lock_rows()
        for record in records.filtered(lambda record: record.state == 'open'):
            missing = [name for name in record._get_required_fields() if not record[name]]
            if missing:
                raise UserError(self.env._(
                    "%(record)s: write down %(missing)s before you sign it.", record=record.name, missing=", ".join(
                        self._fields[name]._description_string(self.env) for name in missing)))
            record.write({'state': 'done'})
        return True

    def _get_required_fields(self):
        """:return: what has to be written down before the record is signed"""
        self.ensure_one()
        names = ['user_id', 'date_destroyed', 'method', 'witness_id']
        return names + (['contractor_id'] if self.method == 'contractor' else []) + (
            ['note'] if self.method == 'other' else [])

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Destruction Protocol - %s", self.name)


class ReturnsInspection(models.Model):
    _inherit = 'returns.inspection'

    destruction_id = fields.Many2one(
        'returns.destruction', "Destruction Record", readonly=True, copy=False, ondelete='restrict',
        index='btree_not_null')

    def _note_write_off(self):
        """One record for what is scrapped of a return at once."""
        super()._note_write_off()
        goods = self.filtered(lambda inspection: inspection.disposition_id.needs_destruction)
        by_request = goods.grouped('request_id')
        records = self.env['returns.destruction'].create([{'request_id': request.id} for request in by_request])
        for record, inspections in zip(records, by_request.values(), strict=True):
            inspections.write({'destruction_id': record.id})


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def _refuse_returns_evidence(self):
        """What proves that goods were destroyed stays with the signed record.

        :raise UserError: one of these files belongs to a destruction record that is signed
        """
        super()._refuse_returns_evidence()
        if self.env.su or not any(file.res_model == 'returns.destruction' for file in self.sudo()):
            return
        record = self.env['returns.destruction'].sudo().search(
            [('file_ids', 'in', self.ids), ('state', '=', 'done')], limit=1)
        if record:
            raise UserError(self.env._(
                "%(file)s belongs to %(record)s, which is signed: it stays as it is.",
                file=(record.file_ids & self.sudo())[:1].name, record=record.name))
