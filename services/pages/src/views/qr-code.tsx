/** The address of an authenticator app's key as a QR code, drawn as one path: no style, no script, nothing to load. */
import qrcode from 'qrcode'
import type { ComponentChild } from 'preact'

/** Modules around the code (ISO/IEC 18004 asks for four). */
const quietZone = 4

export function QrCode({ uri }: { uri: string }): ComponentChild {
  const { modules } = qrcode.create(uri, { errorCorrectionLevel: 'M' })
  const { size } = modules
  const side = size + 2 * quietZone
  let path = ''
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++)
      if (modules.get(row, column)) path += `M${column + quietZone} ${row + quietZone}h1v1h-1z`
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label="QR">
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
