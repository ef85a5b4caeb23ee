"""The currencies of ISO 4217 that people pay in, by their decimals: a table, because to read the standard's own list
takes 10 ms of each command of the terminal. tests/app/data/test_money.py compares the two."""

WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
WITH_TWO_DECIMALS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR "
    "JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD "
    "NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG")
WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
CURRENT = {code: 10 ** decimals
           for decimals, codes in ((0, WITHOUT_DECIMALS), (2, WITH_TWO_DECIMALS), (3, WITH_THREE_DECIMALS))
           for code in codes.split()}
"""The minor units in one unit of each."""
ONCE_ACCEPTED = {"ANG": 100, "BGN": 100, "UYI": 1}
"""No new prices, but rows that have them stay readable."""
