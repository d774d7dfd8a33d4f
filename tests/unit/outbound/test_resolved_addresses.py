"""At which addresses a listed host may be called, whatever a name server says of it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.outbound.addresses import leads_to

NAME = "ehr.example.org"

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "99.255.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:800::200e",
    "64:ff9b::808:808",
]
OF_A_SITE = [
    "10.0.0.0",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "fc00::1",
    "fd12:3456:789a::1",
    "64:ff9b::a00:1",
]
NEVER = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "loopback": ["127.0.0.1", "127.255.255.255", "::1"],
    "link-local": ["169.254.0.1", "169.254.255.255", "fe80::1", "fe80::1%eth0", "febf::1"],
    "metadata of a cloud": [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
        "fe80::a9fe:a9fe",
    ],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "broadcast and reserved": ["255.255.255.255", "240.0.0.1", "4000::1", "8000::1"],
    "site-local of old": ["fec0::1"],
    "of protocols, examples and tests": [
        "192.0.0.9",
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "2001:db8::1",
        "3fff::1",
    ],
    "IPv4 mapped": ["::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:8.8.8.8"],
    "IPv4 translated": ["::ffff:0:127.0.0.1"],
    "IPv4 compatible": ["::127.0.0.1", "::a9fe:a9fe", "::8.8.8.8"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::", "64:ff9b::6464:64c8", "64:ff9b::e000:1"],
    "NAT64 of a network's own": ["64:ff9b:1::a9fe:a9fe", "64:ff9b:1::808:808"],
    "6to4 and its relays": ["2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1", "192.88.99.1"],
    "Teredo": ["2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    "discarded": ["100::1"],
}


@pytest.mark.parametrize("address", [*PUBLIC, *OF_A_SITE])
def test_a_listed_name_leads_to_public_addresses_and_to_those_of_private_networks(address: str) -> None:
    assert leads_to(NAME, ip_address(address))


@pytest.mark.parametrize("address", [address for kind in NEVER.values() for address in kind])
def test_no_name_leads_to_what_is_no_server_of_a_site(address: str) -> None:
    assert not leads_to(NAME, ip_address(address))


@pytest.mark.parametrize("address", [*PUBLIC, *OF_A_SITE, *(a for kind in NEVER.values() for a in kind)])
def test_an_address_leads_to_itself_alone(address: str) -> None:
    host = address.partition("%")[0]

    assert leads_to(host, ip_address(host))
    assert not leads_to("192.0.2.77", ip_address(address))
    assert not leads_to("2001:db8::77", ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "ehr.localhost"])
def test_a_name_of_this_machine_leads_to_loopback_alone(host: str) -> None:
    assert leads_to(host, ip_address("127.0.0.1"))
    assert leads_to(host, ip_address("::1"))
    for address in [*PUBLIC, *OF_A_SITE, "0.0.0.0", "169.254.169.254", "::ffff:169.254.169.254"]:
        assert not leads_to(host, ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_within_another_form_is_never_more_than_the_address_itself(
    address: IPv4Address,
) -> None:
    number = int(address)
    mapped, compatible = IPv6Address(0xFFFF << 32 | number), IPv6Address(number)
    six_to_four, nat64 = IPv6Address(0x2002 << 112 | number << 80), IPv6Address((0x64FF9B << 96) | number)

    assert not any(leads_to(NAME, wrapped) for wrapped in (mapped, compatible, six_to_four))
    assert leads_to(NAME, nat64) is leads_to(NAME, address)


@given(st.ip_addresses(v=6))
def test_a_name_leads_to_no_ipv6_address_but_of_the_assigned_networks(address: IPv6Address) -> None:
    assigned = map(ip_network, ("2000::/3", "fc00::/7", "64:ff9b::/96"))

    assert not leads_to(NAME, address) or any(address in network for network in assigned)
