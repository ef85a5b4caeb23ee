"""The carrier of push messages: each goes to the service of its device, several at a time, for one may be slow."""
import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row, select

from app.data.reads import fetch
from app.mail_addresses import sender_address
from app.notify import fcm, web_push
from app.notify.carrier import Delayed, Outgoing, Undeliverable
from app.notify.device_tokens import WEB, DeviceToken
from app.notify.fcm_account import FcmAccount, read_account
from app.notify.push_requests import PushRequest
from app.notify.web_push import WebPush
from app.outward.addresses import AddressRefused
from app.outward.client import NoReply, OutwardClient, Reply
from app.settings import Settings

AT_ONCE = 20


class PushCarrier:
    """Sends to browsers by Web Push and to apps by FCM."""

    at_once = AT_ONCE

    def __init__(self, client: OutwardClient, web: WebPush, account: FcmAccount | None,
                 fcm_api: str = fcm.API) -> None:
        self._client, self._web = client, web
        self._fcm = fcm.Fcm(account, self._post, fcm_api) if account else None

    @classmethod
    def of_settings(cls, settings: Settings) -> Self:
        """Return the carrier of an installation."""
        return cls(OutwardClient.of_settings(settings), WebPush(f"mailto:{sender_address(settings.mail_from)[1]}"),
                   read_account(settings.fcm_credentials_file))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        pass

    def send_all(self, messages: Sequence[Outgoing]) -> list[Exception | None]:
        """Send these messages at the same time; return what became of each: None, or why it did not go."""
        devices = {row.id: row for row in fetch(select(*DeviceToken.__table__.columns).where(
            DeviceToken.id.in_([message.recipient for message in messages])))}
        requests = [self._prepared(message, devices) for message in messages]

        async def send() -> list[Exception | None]:
            return list(await asyncio.gather(*map(self._sent, requests, messages, [devices] * len(messages))))

        return asyncio.run(send())

    def _prepared(self, message: Outgoing, devices: Mapping[str, Row[Any]]) -> PushRequest | Exception:
        device = devices.get(message.recipient)
        try:
            if device is None or (device.realm, device.user_id) != (message.realm, message.user_id):
                raise Undeliverable("the device is not this person's any more")
            if device.platform == WEB:
                return self._web.request(device.token, message.letter, message.data)
            if self._fcm is None:
                raise Undeliverable("nothing is set up to send to apps (FCM_CREDENTIALS_FILE)")
            return self._fcm.request(device.token, message.letter, message.data)
        except Exception as error:
            return error

    async def _sent(self, request: PushRequest | Exception, message: Outgoing,
                    devices: Mapping[str, Row[Any]]) -> Exception | None:
        if isinstance(request, Exception):
            return request
        judge = web_push.judge if devices[message.recipient].platform == WEB else fcm.judge
        try:
            judge(await self._client.request("POST", request.url, headers=request.headers, body=request.body))
        except AddressRefused as error:
            return Undeliverable(f"nothing is sent to this address: {error}")
        except NoReply as error:
            return Delayed(str(error))
        except Exception as error:
            return error
        return None

    def _post(self, request: PushRequest) -> Reply:
        try:
            return self._client.request_and_wait("POST", request.url, headers=request.headers, body=request.body)
        except (AddressRefused, NoReply) as error:
            raise Delayed(f"Google gives no access token: {error}") from error
