"""What CoinGecko calls the coins that people know by their tickers."""

from __future__ import annotations

COINS = {
    "btc": "bitcoin", "eth": "ethereum", "usdt": "tether", "bnb": "binancecoin", "sol": "solana",
    "xrp": "ripple", "usdc": "usd-coin", "ada": "cardano", "doge": "dogecoin", "trx": "tron",
    "avax": "avalanche-2", "ton": "the-open-network", "link": "chainlink", "dot": "polkadot",
    "bch": "bitcoin-cash", "ltc": "litecoin", "near": "near", "uni": "uniswap", "xlm": "stellar",
    "xmr": "monero", "etc": "ethereum-classic", "atom": "cosmos", "icp": "internet-computer",
    "fil": "filecoin", "hbar": "hedera-hashgraph", "apt": "aptos", "sui": "sui", "arb": "arbitrum",
    "op": "optimism", "aave": "aave", "mkr": "maker", "algo": "algorand", "vet": "vechain",
    "inj": "injective-protocol", "tao": "bittensor", "kas": "kaspa", "shib": "shiba-inu", "pepe": "pepe",
    "dai": "dai", "xtz": "tezos", "zec": "zcash", "hype": "hyperliquid", "render": "render-token",
    "grt": "the-graph", "ldo": "lido-dao", "crv": "curve-dao-token", "sand": "the-sandbox",
    "mana": "decentraland", "eos": "eos", "dash": "dash", "xec": "ecash", "cro": "crypto-com-chain",
    "okb": "okb", "leo": "leo-token", "stx": "blockstack", "imx": "immutable-x", "rune": "thorchain",
    "egld": "elrond-erd-2", "flow": "flow", "qnt": "quant-network", "ena": "ethena", "ondo": "ondo-finance",
}  # fmt: skip

# Bound to a price that is not their own: they say nothing about altcoins.
STABLE = {
    "usdt", "usdc", "dai", "usds", "usde", "susde", "fdusd", "tusd", "usdp", "pyusd", "usdd", "busd", "frax",
    "usd1", "usd0", "gusd", "lusd", "eurc", "eurs", "usdb", "usdtb", "susds", "usdf", "usyc", "buidl",
    "rlusd",    "usdg", "bfusd", "paxg", "xaut", "ustb", "usdy",
}  # fmt: skip
WRAPPED = {
    "wbtc", "weth", "steth", "wsteth", "weeth", "reth", "cbbtc", "cbeth", "wbeth", "ezeth", "rseth", "meth",
    "lbtc", "solvbtc", "tbtc", "btcb", "jitosol", "msol", "bnsol", "jupsol", "wbnb", "wavax", "eeth", "sweth",
    "oseth", "lseth", "clbtc", "fbtc", "wtrx", "wsol", "hbtc", "renbtc", "jlp", "wbt", "khype",
}  # fmt: skip


def coin_id(asset: str) -> str:
    """CoinGecko's name of `asset`; what is not a known ticker is taken as that name itself."""
    return COINS.get(asset.lower(), asset.lower())


def stands_alone(ticker: str) -> bool:
    """Whether a coin has a price of its own."""
    return ticker.lower() not in STABLE | WRAPPED
