"""What the tests share: how long the random walks are."""


def pytest_addoption(parser):
    parser.addoption("--keys", type=int, default=400, help="random keys and resizes pressed in the app")
