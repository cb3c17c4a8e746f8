/** The key whose partition the list gives: one to four bytes beyond a multiple of four, too. */
export const javaKey = (i: number): string => `stream-${i}${'é'.repeat(i % 7)}${'x'.repeat(i % 5)}`

/**
 * The partition among 16, as one hex digit each, that `BuiltInPartitioner.partitionForKey` of
 * Kafka's Java client 4.3.1 gave for the first 1,000 keys.
 */
export const JAVA_PARTITIONS =
  'fa6c122a6883d0ffbfd6414b65c52c899feecc0dbcab650e2a0edac763cb5041e23d8d6afed8d9dc' +
  '4ebd4bfa7b6cb9bdd378af07c61717b06dd05a2f313994cca88e7d366a606426fe591710ed4fb876' +
  '189a18d40f779f9bec0e58e3d1ce1ccf3dc80b927d36d3882d74ebc4c2cb11420cf28b1a4adc9e33' +
  '750f9d22f353614f967a5340ba6bdb1c38340fe32fc9f0eddd2dbf5eb75257d0698151961aee9ce5' +
  '4923abda4264e653e944b7fb683be83a6798c8a35cdd532826ae888aa26db5141e40ebe581be9869' +
  '83a2bbdfd081e33d9414860398bbaef0017a03f6df6aa40ce28f19722e235c0f38f53f501f2fba56' +
  '2741bb2aa01b982be2d50d585b11c3d808e529e4f6ff7b5858136dd60e119b933fd922c5072caa2d' +
  '8f43f59bc634e6b07946c63188b2f79455db6604055bef00f5271a34ce931c7c7f1852cbb19cffbc' +
  '943d793c421298f8203e7fa7ccb1733a9a8bebee08267e2964b4d035defd6be368881fb29d546bc4' +
  'dd1705bce17f4d5ea054a2c22995f101875ab93ad08fd01dc2ab7a33f9cf3b19c6d8e9c5486859f7' +
  '00333e125b20747a25457dd1326f030d145011263fab77c19fffc63717a799ad90b61a695d739d02' +
  '7a179668133d9d8c44e82768bb422c0c1cbc97a43388113a16d314ea26789aefac48b6769a9da73b' +
  '5d913f191085ed43ec30ab710770f2a1fca8a1da'
