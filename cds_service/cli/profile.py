"""What is said at the start of how the service is protected."""

from collections.abc import Iterator

from cds_service.setting_values import GATEWAY, host_and_port
from cds_service.settings import Settings
from cds_service.trust.limits import address_to_limit
from cds_service.urls import is_every_address, is_loopback


def profile_line(settings: Settings) -> str:
    """The profile, and who may call."""
    who = f"the clients in {settings.trusted_clients} may call"
    if settings.trusted_clients is None:
        who = "anyone may call"
    elif settings.trusted_clients == GATEWAY:
        who = "a gateway is trusted to check every caller"
    return f"Profile:   {settings.profile}; {who}"


def warnings_of(settings: Settings) -> Iterator[str]:
    """What a site must know before a request comes in."""
    if settings.profile == "development" and not is_loopback_address(settings.host):
        yield (
            f"CDS_PROFILE is development and CDS_HOST is {settings.host}: other machines may reach a service "
            "that is not protected; set CDS_PROFILE=production, or CDS_HOST=127.0.0.1"
        )
    if settings.management_bind and not is_loopback_address(host_and_port(settings.management_bind)[0]):
        yield (
            f"CDS_MANAGEMENT_BIND is {settings.management_bind}: whoever reaches it is told how the service "
            "runs; keep it within the network of your monitoring, or set 127.0.0.1:8001"
        )
    if settings.profile == "production" and settings.workbench:
        yield (
            "CDS_WORKBENCH is on: whoever reaches this service may have requests judged without a token; let "
            "your gateway say who reaches / and /workbench, or set CDS_WORKBENCH=off"
        )
    if settings.profile == "production" and _gateway_is_taken_for_one_caller(settings):
        yield (
            f"CDS_TRUSTED_PROXIES does not name {settings.host}, where the service listens: all callers of a "
            "gateway on this machine share the limits of one address; set CDS_TRUSTED_PROXIES=127.0.0.1"
        )
    if settings.trusted_clients == GATEWAY:
        yield (
            "CDS_TRUSTED_CLIENTS is gateway: THIS SERVICE CHECKS NO CALLER; only the gateway that checks the "
            "token of every request may reach it"
        )


def _gateway_is_taken_for_one_caller(settings: Settings) -> bool:
    """Whether only this machine reaches the service, and the limits of an address hold for it."""
    address = "127.0.0.1" if settings.host == "localhost" else settings.host
    return is_loopback_address(address) and address_to_limit(address, settings.trusted_proxies) != ""


def is_loopback_address(host: str) -> bool:
    """Whether only this machine reaches a service that listens there."""
    return is_loopback(host) and not is_every_address(host)
