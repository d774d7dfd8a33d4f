"""The table of how throughput grows: figures in, lines out."""

from bench.scale import Scaled, lines


def scaled(instances: int, answered: int, service: float) -> Scaled:
    return Scaled(
        "typical", instances, answered, 10.0, {"service": service, "nginx": 1, "database": 2, "clients": 3}
    )


def test_throughput_is_a_ratio_to_one_instance_and_each_part_says_what_an_answer_costs() -> None:
    table = list(lines([scaled(1, 1000, 9), scaled(2, 1500, 14)], processors=2))

    assert table[2:] == [
        "| typical | 1 | 100 | 1.00 | 1.50 | service 9.00, nginx 1.00, database 2.00, clients 3.00 |",
        "| typical | 2 | 150 | 1.50 | 2.00 | service 9.33, nginx 0.67, database 1.33, clients 2.00 |",
    ]
