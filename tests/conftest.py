"""What the tests share: how long the random walks are, and whether pictures of screens are taken anew."""


def pytest_addoption(parser):
    parser.addoption("--keys", type=int, default=400, help="random keys and resizes pressed in the app")
    parser.addoption("--update-pictures", action="store_true", help="take the pictures in tests/app/pictures anew")
