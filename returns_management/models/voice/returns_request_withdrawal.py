# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, format_date, format_datetime

from ..returns_guard import as_flow, lock_rows

MAX_NAME, MAX_EMAIL = 100, 254  # characters


class SaleOrder(models.Model):
    """A consumer states on a page that they withdraw from the contract. The statement is always taken and its receipt
    mailed; what it brings is the policy's say.
    """
    _inherit = 'sale.order'

    def _withdraw_by_customer(self, line_ids, name, email):
        """State the withdrawal from the contract about order lines: about all of them that may still come back or be
        delivered. Callers have checked who asks. What was stated before is not stated twice.

        :param line_ids: ids of order lines
        :param name: of the consumer, as typed
        :param email: where the receipt goes, as typed
        :return: the return, in superuser mode
        :raise UserError: what was typed is none of it, or nothing was chosen
        """
        self.ensure_one()
        order = as_flow(self)
        name, email = self._read_withdrawal(name, email)
        if not order._may_withdraw():
            raise UserError(self.env._("You cannot withdraw from the contract here. Please write to us."))
        lock_rows(order, 'returns_version')
        wanted = set(line_ids)
        if not wanted or wanted - set(order._get_returns_goods().ids):
            raise UserError(self.env._("Choose the goods that your withdrawal is about."))
        goods = {line: parts for line, parts in order._get_withdrawable().items() if line.id in wanted}
        if not goods:
            stated = order._get_withdrawals()[:1]
            if stated:
                return stated
            raise UserError(self.env._("These goods are on their way back already, or are back: there is nothing left to "
                                       "withdraw from."))
        request = as_flow(self.env['returns.request']).create(order._prepare_withdrawal_vals(goods, name, email))
        request._acknowledge_withdrawal()
        request._submit_withdrawal()
        return request

    def _read_withdrawal(self, name, email):
        name = ' '.join(name.replace('\0', '').split()) if isinstance(name, str) else ''
        if not name or len(name) > MAX_NAME:
            raise UserError(self.env._("Enter your name, of %s characters at most.", MAX_NAME))
        email = email_normalize(email.replace('\0', '').strip()) if isinstance(email, str) and len(email) <= MAX_EMAIL else ''
        if not email:
            raise UserError(self.env._("Enter the email address that the receipt is to go to."))
        return name, email

    def _prepare_withdrawal_vals(self, goods, name, email):
        """:param goods: see :meth:`_get_withdrawable`"""
        self.ensure_one()
        reason = self.env.ref('returns_management.reason_changed_mind', raise_if_not_found=False)
        deadline = self._get_withdrawal_deadline()
        here = self.env['sale.order.line'].concat(*[line for line, (back, _left) in goods.items() if back > 0])
        return {
            'partner_id': self.partner_id.id, 'company_id': self.company_id.id, 'user_id': False, 'channel': 'portal',
            'line_ids': [
                Command.create({**vals, 'reason_id': reason.id if reason else False})
                for vals in self.env['returns.request.line']._propose_lines(here)],
            'is_withdrawal': True, 'withdrawal_order_id': self.id, 'withdrawal_date': fields.Datetime.now(),
            'withdrawal_deadline': deadline, 'is_withdrawal_in_time': self._is_in_withdrawal_period(deadline),
            'withdrawal_name': name, 'withdrawal_email': email,
            'withdrawal_statement': self._write_withdrawal(goods),
            'withdrawal_goods': [
                {'line': line.id, 'back': back, 'pending': left} for line, (back, left) in goods.items()],
        }

    def _write_withdrawal(self, goods):
        """:return: the statement, in the customer's language"""
        order = self.with_context(lang=self.partner_id.lang or self.env.lang)
        Request = order.env['returns.request']
        rows = [order.env._(
            "I hereby give notice that I withdraw from my contract of sale of the following goods, order %(order)s of "
            "%(day)s:",
            order=order.name, day=format_date(order.env, order.date_order, date_format='medium'))]
        for line, (back, left) in goods.items():
            product = line.with_env(order.env).product_id.with_context(display_default_code=False).display_name
            if back > 0:
                rows.append(f"{Request._show_quantity(back, line.product_uom_id)} × {product}")
            if left > 0:
                rows.append(order.env._(
                    "%(quantity)s × %(product)s (not delivered yet)",
                    quantity=Request._show_quantity(left, line.product_uom_id), product=product))
        return "\n".join(rows)

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    def _is_withdrawal_offered(self):
        """Whether the button stands on the pages of this order: while the period runs and there is something left."""
        self.ensure_one()
        return self._may_withdraw() and self._is_in_withdrawal_period(
            self._get_withdrawal_deadline()) and bool(self._get_withdrawable())

    def _prepare_withdrawal_page(self):
        """:return: what the page of the statement shows: plain values"""
        self.ensure_one()
        Request, deadline = self.env['returns.request'], self._get_withdrawal_deadline()
        return {
            'order': self.name, 'day': format_date(self.env, self.date_order, date_format='medium'),
            'company': self.company_id.name,
            'deadline': format_date(self.env, deadline, date_format='medium') if deadline else '',
            'is_in_time': self._is_in_withdrawal_period(deadline),
            'lines': [{
                'id': line.id, 'product': line.product_id.with_context(display_default_code=False).display_name,
                'back': Request._show_quantity(back, line.product_uom_id) if back > 0 else '',
                'pending': Request._show_quantity(left, line.product_uom_id) if left > 0 else '',
            } for line, (back, left) in self._get_withdrawable().items()],
        }


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _acknowledge_withdrawal(self):
        """Queue the receipt, to the address that the customer gave. No archived template stops it: the law asks for it."""
        template = self.env.ref('returns_management.mail_template_withdrawal', raise_if_not_found=False)
        for request in self:
            if template:
                template.send_mail(request.id, email_values={
                    'is_notification': True, 'email_to': request.withdrawal_email, 'recipient_ids': []})
            request._message_log(body=self.env._(
                "%(name)s withdrew from the contract (order %(order)s) on %(moment)s. The receipt goes to %(email)s.",
                name=request.withdrawal_name, order=request.withdrawal_order_id.name,
                moment=request._show_withdrawal_moment(), email=request.withdrawal_email))

    def _submit_withdrawal(self):
        """Submit the returns of what is at the customer's. What stands in the way of that does not stand in the way of the
        statement: people get a task then, and where goods are still to be delivered.
        """
        for request in self:
            tasks = []
            if request.line_ids:
                try:
                    with self.env.cr.savepoint():
                        request._do_submit()
                except UserError as error:
                    request.invalidate_recordset()
                    tasks.append(self.env._(
                        "The customer withdrew from the contract, but the return could not be submitted: %s", error.args[0]))
            if any(goods['pending'] for goods in request.withdrawal_goods):
                tasks.append(self.env._(
                    "The customer withdrew from the contract about goods that are not delivered yet: cancel their delivery "
                    "in order %s, and give back what was paid for them.", request.withdrawal_order_id.name))
            owner = request.user_id or request.company_id._get_returns_managers()[:1]
            for task in tasks:
                request._message_log(body=task)
                if owner:
                    request.activity_schedule(
                        'mail.mail_activity_data_todo', summary=self.env._("Withdrawal"), note=task, user_id=owner.id)

    def _show_withdrawal_moment(self):
        """:return: date and time of the statement with their time zone, where the customer is"""
        self.ensure_one()
        tz = self.partner_id.tz or self.company_id.resource_calendar_id.tz or 'UTC'
        return f"{format_datetime(self.env, self.withdrawal_date, tz=tz, dt_format='long')} ({tz})"

    def _prepare_customer_withdrawal(self):
        """:return: the statement as its receipt shows it: plain values"""
        self.ensure_one()
        return {
            'name': self.withdrawal_name, 'email': self.withdrawal_email, 'statement': self.withdrawal_statement,
            'moment': self._show_withdrawal_moment(), 'is_in_time': self.is_withdrawal_in_time,
            'deadline': format_date(self.env, self.withdrawal_deadline, date_format='medium') if (
                self.withdrawal_deadline) else '',
            'return': self.name,
        }
