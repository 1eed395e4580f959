# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...tools import ask
from ..returns_guard import as_flow, lock_rows

#: Requests that one customer may have begun and not sent.
MAX_DRAFTS = 20
#: Files that customers may add to one request.
MAX_FILES = 20
#: Times that a customer may change a request that was sent: each asks everybody anew.
MAX_ROUNDS = 10


class AskError(UserError):
    """What a customer asks for cannot be taken as it is.

    ``errors``: {id of an order line, 'files', 'note', or '' for the whole: why, in words}
    """

    def __init__(self, errors):
        self.errors = errors
        super().__init__("\n".join(errors.values()))


class ReturnsRequest(models.Model):
    """Customers ask by themselves: they write a request, see what the policy says about it, send it, change it, and cancel
    it, as long as nobody has approved it. Who may judge it is none of this layer's business.

    Callers have checked who asks.
    """
    _inherit = 'returns.request'

    ask_key = fields.Char(
        readonly=True, copy=False, help="Of the form it was written in: pressed twice, it makes one request.")

    _ask_key_uniq = models.UniqueIndex("(commercial_partner_id, ask_key) WHERE ask_key IS NOT NULL")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'ask_key'}

    # ------------------------------------------------------------------
    # What customers may do now
    # ------------------------------------------------------------------

    def _is_written_by_customer(self):
        """Whether the request is a draft of the customer's own, which they send themselves."""
        self.ensure_one()
        return self.channel == 'portal' and self.state == 'draft'

    def _may_be_cancelled_by_customer(self):
        self.ensure_one()
        return self._is_written_by_customer() or self._may_be_taken_back()

    def _may_be_changed_by_customer(self):
        """Whether the form can show the request: of kits that came apart it knows nothing."""
        self.ensure_one()
        lines = self.line_ids
        return (self.channel == 'portal' and not self.is_gift and self._may_be_cancelled_by_customer()
                and len(lines.sale_line_id) == len(lines)
                and all(line.product_id == line.sale_line_id.product_id for line in lines))

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def _ask_by_customer(self, partner, domain, asked, attachments):
        """Begin a request, or write the one on that was begun in the same form.

        :param partner: who asks
        :param domain: of the order lines that they may ask about
        :param asked: ``tools.ask.Asked``
        :param attachments: checked values of their files
        :return: the draft
        :raise AskError: why it cannot be taken; nothing is written
        """
        Request = as_flow(self)
        entity = partner.commercial_partner_id
        lock_rows(as_flow(entity), 'returns_version')  # of two forms sent at once the later meets the earlier
        known = Request.search([
            ('commercial_partner_id', '=', entity.id), ('ask_key', '=', asked.key)], limit=1) if asked.key else Request
        known._lock_rows()
        if known and not known._is_written_by_customer():
            return known  # sent meanwhile
        if not known and Request.search_count([
                ('commercial_partner_id', '=', entity.id), ('channel', '=', 'portal'), ('state', '=', 'draft')],
                limit=MAX_DRAFTS) >= MAX_DRAFTS:
            raise AskError({'': self.env._(
                "You have begun %s returns and not sent them: send or cancel some of them first.", MAX_DRAFTS)})
        vals_list = self._read_wishes(partner, domain, asked, attachments, known)
        if known:
            known._write_wishes(vals_list, asked.note, attachments)
            return known
        # no user: the team's rule names who is responsible
        request = Request.with_context(mail_create_nosubscribe=True).create({
            'partner_id': partner.id, 'channel': 'portal', 'user_id': False, 'ask_key': asked.key or False,
            'company_id': Request.env['sale.order.line'].browse(vals_list[0]['sale_line_id']).company_id.id,
            'customer_note': asked.note or False, 'line_ids': [Command.create(vals) for vals in vals_list],
        })
        request._add_evidence(attachments)
        return request

    def _change_by_customer(self, partner, domain, asked, attachments):
        """Write a request anew. One that was sent is taken back first: it is judged in a new round once it is sent again.

        :raise AskError: why it cannot be changed, or not in this way; nothing is written
        """
        self.ensure_one()
        request = as_flow(self)
        request._lock()
        if not request._may_be_changed_by_customer():
            raise AskError({'': self.env._(
                "%(request)s can no longer be changed here: it is %(status)s. Write to us at the end of its page.",
                request=request.name, status=request._get_customer_status()[0].lower())})
        if request.round >= MAX_ROUNDS and request.state != 'draft':
            raise AskError({'': self.env._(
                "%(request)s was changed %(count)s times already. Write to us at the end of its page.",
                request=request.name, count=request.round - 1)})
        vals_list = self._read_wishes(partner, domain, asked, attachments, request)
        if request.state != 'draft':
            request._do_take_back()
            request._message_log(body=self.env._("The customer takes it back to change it."))
        request._write_wishes(vals_list, asked.note, attachments)

    def _get_wishes(self):
        """:return: {id of an order line: ``tools.ask.Wish``} as if the customer had typed them just now"""
        self.ensure_one()
        return {
            line.sale_line_id.id: ask.Wish({
                'quantity': f'{line.quantity:.10g}', 'reason': str(line.reason_id.id or ''),
                'answer': line.reason_answer or '', 'resolution': line.resolution, 'condition': line.condition or '',
                'exchange': str(line.exchange_product_id.id or ''),
            }, tuple(line.lot_ids.ids)) for line in self.line_ids}

    def _write_wishes(self, vals_list, note, attachments):
        """Put these wishes in the place of those that the draft has."""
        self.ensure_one()
        known = {line.sale_line_id.id: line for line in self.line_ids}
        wanted = {vals['sale_line_id'] for vals in vals_list}
        commands = [Command.unlink(line.id) for sale_line_id, line in known.items() if sale_line_id not in wanted]
        for vals in vals_list:
            line = known.get(vals['sale_line_id'])
            commands.append(Command.update(line.id, vals) if line else Command.create(vals))
        self.write({'line_ids': commands, 'customer_note': note or False})
        self._add_evidence(attachments)

    def _add_evidence(self, attachments):
        """Add files of the customer; those that are there already are not added again."""
        self.ensure_one()
        Attachment, seen = self.env['ir.attachment'], set(self.evidence_ids.mapped('checksum'))
        new = []
        for vals in attachments:
            checksum = Attachment._compute_checksum(vals['raw'])
            if checksum not in seen:
                seen.add(checksum)
                new.append({**vals, 'res_model': self._name, 'res_id': self.id})
        self.write({'evidence_ids': [Command.create(vals) for vals in new]})

    # ------------------------------------------------------------------
    # Reading what was typed
    # ------------------------------------------------------------------

    @api.model
    def _read_wishes(self, partner, domain, asked, attachments, request):
        """:return: values of request lines, one for each order line that the customer picked
        :raise AskError: what is wrong with them
        """
        _ = self.env._
        goods = as_flow(self.env['sale.order.line']).search(
            domain & fields.Domain('id', 'in', list(asked.wishes)), limit=ask.MAX_GOODS)
        offers = goods._get_returns_offers(partner, request)
        errors, vals_list = {}, []
        if asked.strange or len(goods) < len(asked.wishes):
            errors[''] = _("Some of what you chose is not among your goods. Choose from the list below.")
        elif not asked.wishes:
            errors[''] = _("Choose at least one product to send back.")
        elif len(goods.company_id | (request.company_id if request else goods.company_id)) > 1:
            errors[''] = _("These goods were sold by different companies (%s). Ask for a return from each.",
                           ", ".join(goods.company_id.mapped('name')))
        if len(asked.note) > ask.MAX_WORDS:
            errors['note'] = self._get_too_long(asked.note)
        reasons = {reason.id: reason for reason in as_flow(self.env['returns.reason']).search([
            ('active', '=', True)])}
        for sale_line_id, wish in asked.wishes.items():
            offer = offers.get(goods.browse(sale_line_id))
            if offer:
                vals, error = self._read_wish(offer, wish, reasons)
                vals_list.append(vals)
                if error:
                    errors[sale_line_id] = error
        chosen = [reasons[vals['reason_id']] for vals in vals_list if vals.get('reason_id')]
        error = self._check_files(chosen, attachments, request)
        if error:
            errors['files'] = error
        if errors:
            raise AskError(errors)
        return vals_list

    @api.model
    def _read_wish(self, offer, wish, reasons):
        """:return: (values of a request line, what is wrong with them, in words)"""
        _, sale_line = self.env._, offer.sale_line
        unit, quantity = sale_line.product_uom_id, ask.read_quantity(wish['quantity'])
        free = self._show_quantity(offer.free, unit)
        reason = reasons.get(ask.read_id(wish['reason']))
        lots = offer.lots.filtered(lambda lot: lot.id in wish.lots)
        exchange = ask.read_id(wish['exchange']) if wish['resolution'] == 'exchange' else 0
        wishes = offer.resolutions if not offer.excluded else dict(
            offer.line._fields['resolution']._description_selection(self.env))
        error = ''
        if not offer.free:
            error = _("Nothing of it may come back now: %s", offer.excluded)
        elif unit.compare(quantity, 0.0) <= 0:
            error = _("Enter how many you send back: up to %s.", free)
        elif unit.compare(quantity, offer.free) > 0:
            error = _("No more than %s may come back: enter a smaller quantity.", free)
        elif offer.is_counted() and quantity != round(quantity) or not offer.line._is_whole(quantity):
            error = _("Enter a whole number.")
        elif not reason:
            error = _("Choose why it comes back.")
        elif len(wish['answer']) > ask.MAX_WORDS:
            error = self._get_too_long(wish['answer'])
        elif wish['resolution'] not in wishes:
            error = _("Choose what you would like to get for it.")
        elif exchange and exchange not in [variant.id for variant in offer.variants]:
            error = _("Choose a product of the list to exchange it for.")
        elif set(wish.lots) - set(offer.lots.ids):
            error = _("Choose serial or lot numbers that were delivered to you.")
        elif reason.needs_lot and offer.lots and not lots:
            error = _("Choose which serial or lot numbers come back: this reason needs them.")
        elif sale_line.product_id.tracking == 'serial' and lots and len(lots) != quantity:
            error = _("You ticked %(lots)s serial numbers and send back %(quantity)s: make them match.",
                      lots=len(lots), quantity=self._show_quantity(quantity, unit))
        elif wish['condition'] and wish['condition'] not in dict(offer.line._fields['condition']._description_selection(
                self.env)):
            error = _("Choose in which condition it is.")
        return {
            'sale_line_id': sale_line.id, 'quantity': quantity, 'reason_id': reason.id if reason else False,
            'reason_answer': wish['answer'] or False, 'resolution': wish['resolution'],
            'condition': wish['condition'] or False,
            'exchange_product_id': exchange or False, 'lot_ids': [Command.set(lots.ids)],
            **({'responsibility': reason.responsibility} if reason else {}),
        }, error

    @api.model
    def _check_files(self, reasons, attachments, request):
        """:return: what is wrong with the files, in words"""
        there = request.evidence_ids if request else self.env['ir.attachment']
        if len(there) + len(attachments) > MAX_FILES:
            return self.env._("You have sent %(count)s files: up to %(limit)s can be added to one return.",
                              count=len(there) + len(attachments), limit=MAX_FILES)
        kinds = [*there.mapped('mimetype'), *(vals['mimetype'] for vals in attachments)]
        wanting = next((reason for reason in reasons if reason.needs_photo), None)
        if wanting and not any((kind or '').startswith('image/') for kind in kinds):
            return self.env._("\"%s\" needs a picture: please add one.", wanting.name)
        return ''

    @api.model
    def _get_too_long(self, text):
        return self.env._("This text is longer than %s characters: please shorten it.", ask.MAX_WORDS)

    # ------------------------------------------------------------------
    # Sending and cancelling
    # ------------------------------------------------------------------

    def _submit_by_customer(self):
        """Send the request: it is judged, and whoever decides is asked. Pressed again it changes nothing.

        :raise UserError: it cannot be sent as it is, and what to do
        """
        self.ensure_one()
        request = as_flow(self)
        if request._is_written_by_customer():
            request.line_ids._claim_balance()
        request._lock()
        if request.date_submitted:
            return
        if not request._is_written_by_customer():
            raise UserError(self.env._("%s can no longer be sent. Look at the page again.", request.name))
        for line in request.line_ids:
            if line.uom_id.compare(line.quantity, line.quantity_returnable) > 0:
                raise UserError(self.env._(
                    "Of %(product)s no more than %(quantity)s may come back by now. Press Change and lower the quantity.",
                    product=line.product_id.display_name,
                    quantity=request._show_quantity(line.quantity_returnable, line.uom_id)))
        request.line_ids._check_complete()
        # what is written for our own people is in their language
        lang = request.company_id.partner_id.lang or self.env.lang
        request.with_context(lang=lang)._do_submit()

    def _cancel_by_customer(self):
        """Withdraw the request. Pressed again it changes nothing.

        :raise UserError: it is approved already
        """
        self.ensure_one()
        request = as_flow(self)
        request._lock()
        if request.state == 'cancelled':
            return
        if not request._may_be_cancelled_by_customer():
            raise UserError(self.env._(
                "%(request)s can no longer be cancelled here: it is %(status)s. Write to us at the end of its page.",
                request=request.name, status=request._get_customer_status()[0].lower()))
        request._message_log(body=self.env._("The customer cancels it."))
        request._do_cancel()

    # ------------------------------------------------------------------
    # The page of a draft, in the language of the context
    # ------------------------------------------------------------------

    def _prepare_customer_page(self):
        page = super()._prepare_customer_page()
        page['own'] = {
            'submit': self._is_written_by_customer(), 'change': self._may_be_changed_by_customer(),
            'cancel': self._may_be_cancelled_by_customer(),
            'files': self.sudo().evidence_ids.mapped('name') if self._is_written_by_customer() else []}
        if self._is_written_by_customer():
            previews = self.line_ids._preview_verdicts()
            for line, values in zip(self.line_ids, page['lines'], strict=True):
                values.update(line._prepare_customer_preview(*previews[line]))
        return page

    def _get_customer_status(self):
        if self._is_written_by_customer():
            return self.env._("Not sent yet"), 'warning'
        return super()._get_customer_status()

    def _ask_draft(self):
        if not self._is_written_by_customer():
            return super()._ask_draft()
        text = self.env._("Look below at what our policy says about it, then send it to us. Until then nothing happens.")
        return self.env._("Your request is not sent yet"), text

    def _stage_request(self):
        if self._is_written_by_customer():
            return self._stage('request', self.env._("You send your request"))
        return super()._stage_request()


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _is_whole(self, quantity):
        """Whether ``quantity`` (``uom_id``) is a number of pieces that can be counted, see ``_check_round_trip``."""
        self.ensure_one()
        if self.uom_id.compare(self.uom_id.round(quantity), quantity):
            return False
        exact = self.uom_id._compute_quantity(quantity, self.product_id.uom_id, round=False)
        return abs(exact - self._to_product_uom(quantity)) < 1e-6

    def _preview_verdicts(self):
        """What the policy would say about these lines of drafts if they were submitted now; nothing is written.

        :return: {line: (``tools.policy.Rule`` or None, ``tools.policy.Verdict``)}
        """
        previews = {}
        for request in as_flow(self).request_id:
            trial = request.new(origin=request)
            for line in trial.line_ids:
                line.amount_company = line._get_amount_company()
            trial.amount_requested = sum(trial.line_ids.mapped('amount_company'))
            previews |= {line._origin: (rule, verdict) for line, (rule, _facts, verdict, _days)
                         in trial.line_ids._get_verdicts().items()}
        return previews

    def _prepare_customer_preview(self, rule, verdict):
        """:return: what differs on the page of a draft: where the wish stands with the policy, and what it comes to"""
        self.ensure_one()
        status, tone = {
            'compliant': (self.env._("Within our policy"), 'success'),
            'exception': (self.env._("We look at your case"), 'info'),
            'refused': (self.env._("Not within our policy"), 'danger'),
        }[verdict.status]
        told = self._tell_verdict(verdict)
        return {
            'status': status, 'tone': tone, 'verdict': told, 'is_open': True,
            'estimate': self._estimate(self.resolution, self.quantity, verdict.fee_percent) if (
                verdict.status != 'refused') else '',
            'refusal_title': self.env._("Sent as it is, it will be refused") if verdict.status == 'refused' else '',
            'refusal': self._tell_refusal(verdict),
        }
